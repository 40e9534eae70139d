/** Greeting, help, thanks, the time, and small sums. */
import { text } from '../script.ts';
import { dayName } from './calendar.ts';
import { factsIn } from './recall.ts';
import type { Rule } from './turn.ts';
import { bullets } from './words.ts';

export const thingsToTry = bullets([
  '“What’s on this week?” for an answer from the demo home',
  '“List the files here” to see a tool step and its approval',
  '“Create a file named hello.txt with Good morning” to let me write something',
  '“Tell me a long story” to watch an answer arrive',
]);

export const helpRule: Rule = {
  name: 'help',
  reply: ({ prompt }) =>
    /\bwhat (?:can|could) (?:you|i) (?:do|ask|try)\b|^(?:(?:can|could) you |please )?help(?: me)?[!.? ]*$|\bhow (?:does this|do you) work\b|\bwhat should i try\b/i.test(
      prompt,
    )
      ? [
          text(
            `I am the demo model of Hearth: no account is connected, so I follow simple rules and know one made-up home. Try these:\n\n${thingsToTry}\n\nWith an account connected, a real Claude model answers here.`,
          ),
        ]
      : undefined,
};

export const whoRule: Rule = {
  name: 'who are you',
  reply: ({ prompt }) =>
    /\bwho are you\b|\bwhat are you\b|\bare you (?:real|claude|an ai|a (?:robot|bot|human|real))\b|\bwhich model\b|\bwhat model\b/i.test(
      prompt,
    )
      ? [
          text(
            'I am the demo model of Hearth, not Claude: a set of simple rules that runs on this machine and needs no account. Connect an account to talk to Claude.',
          ),
        ]
      : undefined,
};

export const greetingRule: Rule = {
  name: 'greeting',
  reply({ prompt, request }) {
    if (
      !/^(?:hi|hey|hello|hej|good (?:morning|afternoon|evening)|yo|greetings)(?: (?:there|hearth|claude|again|everyone))?[\s!.,?]*(?:how are you[\s!.?]*)?$|^how are you\b[\w\s]{0,12}[!.?]*$/i.test(
        prompt,
      )
    )
      return undefined;
    const name = factsIn(request.humanTexts).get('name');
    return [
      text(
        `Hello${name ? `, ${name}` : ''}! I am Hearth’s demo model, and I look after a made-up home. You could try:\n\n${thingsToTry}`,
      ),
    ];
  },
};

export const thanksRule: Rule = {
  name: 'thanks',
  reply: ({ prompt }) => {
    if (/^(?:ok(?:ay)?[, ]+)?(?:thanks?|thank you|cheers|great|perfect|nice|cool)\b[^?]{0,30}$/i.test(prompt))
      return [text('You’re welcome.')];
    return /^(?:bye|goodbye|good night|see you)\b.{0,20}$/i.test(prompt)
      ? [text('Goodbye! This conversation stays where it is.')]
      : undefined;
  },
};

export const clockRule: Rule = {
  name: 'clock',
  reply({ prompt, now }) {
    const time = /\bwhat(?:'s|’s| is)? (?:the )?time\b|\bwhat time\b|\btime is it\b|\bcurrent time\b/i.test(prompt);
    const date =
      /\bwhat(?:'s|’s| is)? (?:the |today(?:'s|’s) )?date\b|\bwhat day\b|\bwhich day\b|\bcurrent date\b|\bwhat year\b/i.test(
        prompt,
      );
    if (!time && !date) return undefined;
    const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(now);
    const day = `${dayName(now)} ${now.getFullYear()}`;
    return [text(time ? `It is ${clock} on ${day}, by the clock of this machine.` : `Today is ${day}.`)];
  },
};

export const jokeRule: Rule = {
  name: 'joke',
  reply: ({ prompt }) =>
    /\bjoke\b|\bmake me laugh\b/i.test(prompt)
      ? [
          text(
            'Why did the server bring a ladder? It had heard that everything runs in the cloud.\n\n*It is the only joke the demo model knows.*',
          ),
        ]
      : undefined,
};

const operations: Record<string, (one: number, other: number) => number> = {
  '+': (one, other) => one + other,
  plus: (one, other) => one + other,
  '-': (one, other) => one - other,
  minus: (one, other) => one - other,
  '*': (one, other) => one * other,
  x: (one, other) => one * other,
  times: (one, other) => one * other,
  '/': (one, other) => one / other,
  'divided by': (one, other) => one / other,
};

export const sumRule: Rule = {
  name: 'sum',
  reply({ prompt }) {
    const found =
      /^(?:what(?:'s|’s| is)|how much is|calculate|compute)?\s*(-?\d+(?:\.\d+)?)\s*(\+|-|\*|x|\/|plus|minus|times|divided by)\s*(-?\d+(?:\.\d+)?)\s*[=?.]*$/i.exec(
        prompt.trim(),
      );
    const operation = operations[found?.[2]?.toLowerCase() ?? ''];
    if (!found || !operation) return undefined;
    const result = operation(Number(found[1]), Number(found[3]));
    return [
      text(
        Number.isFinite(result)
          ? `${found[1]} ${found[2]} ${found[3]} = **${Number(result.toFixed(6))}**`
          : 'That has no result.',
      ),
    ];
  },
};

/** Who lives here, and the notes at the fridge. */
import { text } from '../script.ts';
import { demoMark, type Rule } from './turn.ts';
import { bullets } from './words.ts';

export const peopleRule: Rule = {
  name: 'people',
  reply({ prompt, home }) {
    const person = home.people.find(({ name }) => new RegExp(`\\b${name}\\b`, 'i').test(prompt));
    if (person && /\b(?:who|how old|tell me about|what does)\b/i.test(prompt)) {
      return [text(`**${person.name}**: ${person.about}.\n\n${demoMark}`)];
    }
    const all =
      /\bwho (?:all )?(?:lives|is living|are the people|is in|is at)\b|\b(?:the|our|this) (?:family|household)\b/i;
    if (!all.test(prompt)) return undefined;
    const lines = home.people.map(({ name, about }) => `**${name}**, ${about}`);
    return [text(`Three people live in ${home.name}:\n\n${bullets(lines)}\n\n${demoMark}`)];
  },
};

const noteWords: [RegExp, string][] = [
  [/\b(?:guest )?wi-?fi\b.*\b(?:password|guests?|key)\b|\bguest wi-?fi\b/i, 'Guest Wi-Fi'],
  [/\b(?:bins?|trash|garbage|recycling)\b/i, 'Bins'],
  [/\bboiler|heating\b/i, 'Boiler'],
];

export const notesRule: Rule = {
  name: 'notes',
  reply({ prompt, home }) {
    const title = noteWords.find(([pattern]) => pattern.test(prompt))?.[1];
    const wanted =
      /\bnotes?\b/i.test(prompt) && title === undefined
        ? home.notes
        : home.notes.filter((note) => note.title === title);
    if (wanted.length === 0) return undefined;
    return [text(`${bullets(wanted.map((note) => `**${note.title}**: ${note.text}`))}\n\n${demoMark}`)];
  },
};

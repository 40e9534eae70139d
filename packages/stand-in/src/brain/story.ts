/** A long answer with all kinds of markdown, to see streaming and rendering at work. */
import { text } from '../script.ts';
import type { Rule } from './turn.ts';

const story = `# The night the garden pi went quiet

It began, as such things do in the Lindqvist home, with a small green light that was no longer green. Jonas noticed it on his way to bed. The greenhouse was dark, the tomatoes were asleep, and the **garden-pi**, which had watered them faithfully for 412 days, said nothing at all.

## What everyone believed

Each member of the family had a theory of their own:

- *Astrid*, just back from a late shift, blamed the fuse.
- *Jonas* blamed the update he had installed "only quickly" before dinner.
- *Maja* blamed the hedgehog, which had been seen near the cable twice that week.

The hedgehog, asked by torchlight, declined to comment.

## What the measurements said

Jonas sat down on an upturned bucket and wrote down what was known.

| Time | Soil moisture | What happened |
| --- | ---: | --- |
| 18:00 | 36 % | Everything as usual |
| 21:10 | 35 % | The update |
| 21:12 | – | Silence |
| 22:40 | – | The hedgehog was seen |

"Two minutes," he muttered. "The hedgehog is innocent." Maja, who should have been in bed, wrote this down as well.

## The repair

He connected a keyboard, wiped the soil from the screen, and typed the oldest spell he knew:

\`\`\`bash
systemctl status watering
journalctl --unit watering --since "2 hours ago"
systemctl restart watering
\`\`\`

For a while nothing happened. Then, somewhere under the bench, a valve clicked. A pump cleared its throat. One after the other the sensors woke and reported for duty, and the small light turned first yellow, then green.

> "A machine that fails quietly," said Astrid from the door, "is worse than one that complains."

## What they changed

1. Updates are now installed on Saturday mornings, never before dinner.
2. The garden-pi sends a message when it has been silent for ten minutes.
3. The hedgehog got a bowl of water, by way of apology.

Since that night the light has been green. On warm evenings, when the valve clicks at the far end of the garden, Maja still looks up and says: "It's thinking." And it may well be.

---

*The end. This story is a fixed text of the demo model; a real model writes a new one each time.*`;

export const storyRule: Rule = {
  name: 'story',
  reply: ({ prompt }) =>
    /\b(?:tell|write|read)\b.*\bstory\b|\b(?:long|longer) (?:answer|text|story|message)\b|\bmarkdown (?:demo|example|sample)\b/i.test(
      prompt,
    )
      ? [text(story)]
      : undefined,
};

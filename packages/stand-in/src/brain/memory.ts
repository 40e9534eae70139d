/** "Remember that …" and what is remembered, through a memory tool of the client when there is one. */
import { text, toolUse } from '../script.ts';
import { asFact } from './extraction.ts';
import { factsIn } from './recall.ts';
import { instanceOf } from './schema-instance.ts';
import { findTool, type Rule, type Turn } from './turn.ts';
import { bullets, clipped, withoutPoliteness } from './words.ts';

const saving = /^(?:remember|memori[sz]e|don['’]t forget|keep in mind|note)\s*(?:that|:|,)?\s+(.+)$/is;
const asking =
  /\bwhat (?:do|did|can) you (?:remember|have in memory)\b|\bwhat do you know about me\b|\bdo you remember\b|\bshow (?:me )?(?:your|my) memor(?:y|ies)\b/i;

const saveTool = /^mcp__.*memory_(?:save|add|write|store)$/;
const searchTool = /^mcp__.*memory_(?:search|recall|list|find)$/;

const contentNames = /^(?:content|text|fact|note|body|value|memory|statement)$/;
const titleNames = /^(?:title|name|key|topic|subject|label)$/;
const queryNames = /^(?:query|q|search|text|pattern)$/;

const filled = (schema: Record<string, unknown> | undefined, fill: (name: string) => string | undefined) => {
  const properties = schema?.properties;
  const names = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const known = names.flatMap((name) => {
    const value = fill(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(known);
};

const notOn = ({ request, prompt }: Turn): string => {
  const facts = [...factsIn(request.humanTexts.filter((said) => said !== prompt))];
  const known =
    facts.length === 0
      ? ''
      : ` From this conversation I know:\n\n${bullets(facts.map(([thing, value]) => `${thing}: **${value}**`))}`;
  return `Memory is not switched on in this conversation yet, so I know nothing from earlier ones.${known}`;
};

export const rememberRule: Rule = {
  name: 'remember',
  reply(turn) {
    const said = saving.exec(withoutPoliteness(turn.prompt))?.[1]?.trim();
    const fact = said !== undefined && /^(?:i|i['’]m|my|we|our)\b/i.test(said) ? asFact(said) : said;
    if (fact === undefined || /\?$/.test(fact)) return undefined;
    const found = findTool(turn, saveTool);
    if (!found) {
      return [
        text(
          `Memory is not switched on in this conversation yet, so I cannot keep this for later ones. As long as this conversation lasts I can see it: “${clipped(fact, 200)}”.`,
        ),
      ];
    }
    if ('load' in found) return found.load;
    const { name, input_schema: schema = {} } = found.offer;
    const input = {
      ...instanceOf(schema, fact),
      ...filled(schema, (key) =>
        contentNames.test(key) ? fact : titleNames.test(key) ? clipped(fact, 60) : undefined,
      ),
    };
    return [text('I’ll save that to memory.'), toolUse(name, input)];
  },
};

export const rememberedRule: Rule = {
  name: 'remembered',
  reply(turn) {
    if (!asking.test(turn.prompt)) return undefined;
    const found = findTool(turn, searchTool);
    if (!found) return [text(notOn(turn))];
    if ('load' in found) return found.load;
    const subject = /\b(?:about|of|on)\s+(.+?)[?.!]*$/i.exec(turn.prompt)?.[1] ?? '';
    const { name, input_schema: schema = {} } = found.offer;
    const input = {
      ...instanceOf(schema, subject || 'home'),
      ...filled(schema, (key) => (queryNames.test(key) ? subject || 'home' : undefined)),
    };
    return [text('I’ll look into memory.'), toolUse(name, input)];
  },
};

/** The state of machines and containers, from the demo data; and the harmless demo of a restart. */
import { text } from '../script.ts';
import type { Container, Household, Machine } from './household.ts';
import { demoMark, type Rule, type Turn, useTool } from './turn.ts';
import { bullets, capitalised, listed, table, withoutPoliteness } from './words.ts';

const mentions = (prompt: string, name: string): boolean =>
  new RegExp(`(?<![\\w-])${name.replace(/[-\s]/g, '[-\\s]?')}(?![\\w-])`, 'i').test(prompt);

const machineIn = (home: Household, prompt: string): Machine | undefined =>
  home.machines.find(({ name, aliases }) => [name, ...aliases].some((word) => mentions(prompt, word)));

const containerIn = (home: Household, prompt: string): { machine: Machine; container: Container } | undefined => {
  for (const machine of home.machines) {
    const container = machine.containers.find(({ name }) => mentions(prompt, name));
    if (container) return { machine, container };
  }
  return undefined;
};

/** Whether a prompt is about a machine of the demo rather than the one this runs on. */
export const namesMachine = ({ prompt, home }: Turn): boolean =>
  machineIn(home, prompt) !== undefined || containerIn(home, prompt) !== undefined;

const containerLine = ({ name, running, about }: Container): string =>
  `\`${name}\` ${running ? 'is running' : '**is stopped**'} (${about})`;

const containerText = (container: Container, machine: Machine): string =>
  container.running
    ? `Yes, \`${container.name}\` (${container.about}) is running on **${machine.name}**, which is ${machine.summary}.`
    : `No, \`${container.name}\` (${container.about}) is stopped on **${machine.name}**. Say “restart ${container.name}” to see what an approval looks like.`;

const machineText = (machine: Machine): string => {
  const containers = machine.containers.map(containerLine);
  return `**${machine.name}** (${machine.about}): ${machine.state}.\n\n${bullets([...machine.details, ...containers])}`;
};

const allText = (home: Household): string => {
  const rows = home.machines.map(({ name, state, summary }) => [name, state, summary]);
  const troubled = home.machines.filter(({ state }) => state !== 'ok').map(({ name }) => name);
  const hint = troubled.length === 0 ? '' : `\n\nAsk “how is the ${troubled[0]}?” for the details.`;
  return `${table(['Machine', 'State', 'Now'], rows)}${hint}`;
};

const containersText = (home: Household): string => {
  const rows = home.machines.flatMap((machine) =>
    machine.containers.map(({ name, running, about }) => [
      `\`${name}\``,
      machine.name,
      running ? 'running' : 'stopped',
      about,
    ]),
  );
  return table(['Container', 'Machine', 'State', 'For'], rows);
};

const stateWords =
  /\b(?:running|up|down|online|offline|status|state|how(?:'s|’s| is| are)|work(?:ing|ed|s)?|healthy|health|ok|okay|full|space|temperature|alive|check|last backup|broken|slow|doing|moisture|replace)\b/i;

export const machinesRule: Rule = {
  name: 'machines',
  reply({ prompt, home }) {
    const reply = (body: string) => [text(`${body}\n\n${demoMark}`)];
    if (/\bcontainers?\b|\bdocker\b/i.test(prompt))
      return reply(`These containers are known:\n\n${containersText(home)}`);
    const found = containerIn(home, prompt);
    const machine = machineIn(home, prompt);
    if (machine && stateWords.test(prompt)) return reply(machineText(machine));
    if (found && stateWords.test(prompt)) return reply(containerText(found.container, found.machine));
    if (/\b(?:machines|servers|devices|home ?lab|computers|systems)\b/i.test(prompt)) {
      return reply(`The machines of ${home.name}:\n\n${allText(home)}`);
    }
    if (machine && /^(?:what|tell|show|the|our)\b/i.test(prompt)) return reply(machineText(machine));
    const asked = /^is (?:the |my |our )?([\w-]+) (?:running|up|online|down|working)\b/i.exec(prompt)?.[1];
    if (asked === undefined || asked === 'it') return undefined;
    return reply(
      `I know no machine or container called “${asked}”. The home has ${listed(home.machines.map(({ name }) => name))}.`,
    );
  },
};

const restarting =
  /^(restart|reboot|start|stop)\s+(?:the |my |our )?(?:container |server |machine )?["'`]?([\w-]+(?:[ -](?:box|pi|assistant))?)/i;
const doing: Record<string, string> = {
  restart: 'restarting',
  reboot: 'rebooting',
  start: 'starting',
  stop: 'stopping',
};

export const restartRule: Rule = {
  name: 'restart',
  reply(turn) {
    const [, verb = '', name = ''] = restarting.exec(withoutPoliteness(turn.prompt)) ?? [];
    if (verb === '') return undefined;
    const known = containerIn(turn.home, name)?.container.name ?? machineIn(turn.home, name)?.name;
    if (known === undefined) {
      return /^re/i.test(verb)
        ? [text(`I know no machine or container called “${name}”, so I did nothing.\n\n${demoMark}`)]
        : undefined;
    }
    const action = doing[verb.toLowerCase()] ?? 'restarting';
    return useTool(turn, {
      name: 'Bash',
      inputs: [
        {
          command: `echo "${action} ${known} (demo)"`,
          description: `${capitalised(verb.toLowerCase())} ${known} (demo, prints a line only)`,
        },
      ],
      say: `${capitalised(action)} **${known}** needs a command. In the demo it only prints a line, so it is safe to allow.`,
      purpose: `${verb.toLowerCase()} ${known}`,
    });
  },
};

/**
 * The command line: `hearth start | chat | keys | migrate | config | doctor | backup | restore`. Each command loads its
 * own code when it runs, so that `hearth --help` is instant. A command returns its exit code, or nothing for success.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ChatCommandOptions } from './chat-command.ts';
import { describeFailure } from './failure.ts';
import { type Io, terminalIo } from './io.ts';
import { version } from './version.ts';

type Outcome = Promise<number | undefined>;

/** Every command ends here; a failure is told in words and exit code 1. */
const run =
  <Args extends unknown[]>(io: Io, work: (...args: Args) => Outcome | Promise<void>) =>
  async (...args: Args): Promise<void> => {
    try {
      process.exitCode = (await work(...args)) ?? 0;
    } catch (error) {
      io.err(describeFailure(error));
      process.exitCode = 1;
    }
  };

const collect = (value: string, before: string[]): string[] => [...before, value];

const parseDays = (text: string): number => {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= 3_650) return days;
  throw new InvalidArgumentError('It is a number of days from 1 to 3650.');
};

const addChat = (program: Command, io: Io): void => {
  program
    .command('chat')
    .description('talk to your Hearth; with a question: one answer')
    .argument('[question]', 'the question; without it a conversation, or what is piped in')
    .option('--url <url>', 'address of the server; default: this machine')
    .option('--session <id>', 'go on with a conversation; "last" for the last one')
    .option('--yes', 'allow what is asked for when nobody can be asked')
    .option('--no-color', 'plain text')
    .action(
      run(io, async (question: string | undefined, options: ChatCommandOptions) => {
        const { runChatCommand } = await import('./chat-command.ts');
        const code = await runChatCommand({ ...options, question });
        // Standard input may still be open, and nobody will type into it any more.
        process.stdin.destroy();
        return code;
      }),
    );
};

const addKeys = (program: Command, io: Io): void => {
  const keys = program.command('keys').description('API keys, directly in the database');
  const load = async () => {
    const [{ loadConfig }, commands] = await Promise.all([import('../config.ts'), import('./keys.ts')]);
    return { deps: { config: loadConfig(), io }, ...commands };
  };
  keys
    .command('list')
    .description('the keys, never their text')
    .option('--all', 'also those that have ended')
    .option('--json', 'as JSON')
    .action(
      run(io, async ({ all = false, json = false }: { all?: boolean; json?: boolean }) => {
        const { deps, listKeys } = await load();
        await listKeys(deps, { all, json });
      }),
    );
  keys
    .command('create')
    .description('make a key; it is shown once')
    .argument('<name>', 'what it is for, for example "phone"')
    .addOption(new Option('--permission <name>', 'may be repeated; "all" for every one').argParser(collect).default([]))
    .option('--expires-days <n>', 'it ends after so many days', parseDays)
    .action(
      run(io, async (name: string, options: { permission: string[]; expiresDays?: number }) => {
        const { deps, createKey } = await load();
        await createKey(deps, { name, permissions: options.permission, expiresDays: options.expiresDays ?? null });
      }),
    );
  keys
    .command('rotate')
    .description('a new text for the same key; the old one is dead at once')
    .argument('<id>')
    .action(
      run(io, async (id: string) => {
        const { deps, rotateKey } = await load();
        await rotateKey(deps, id);
      }),
    );
  keys
    .command('revoke')
    .description('end a key at once')
    .argument('<id>')
    .action(
      run(io, async (id: string) => {
        const { deps, revokeKey } = await load();
        await revokeKey(deps, id);
      }),
    );
};

const addUpkeep = (program: Command, io: Io): void => {
  program
    .command('migrate')
    .description('bring the database up to date; "start" does it too')
    .option('--dry-run', 'only say what would be done')
    .action(
      run(io, async ({ dryRun = false }: { dryRun?: boolean }) => {
        const [{ loadConfig }, { runMigrate }] = await Promise.all([import('../config.ts'), import('./migrate.ts')]);
        await runMigrate({ config: loadConfig(), io }, { dryRun });
      }),
    );
  program
    .command('config')
    .description('every setting as Hearth reads it, secrets masked')
    .option('--json', 'as JSON')
    .action(
      run(io, async ({ json = false }: { json?: boolean }) => {
        const { showConfig } = await import('./show-config.ts');
        showConfig(io, { json });
      }),
    );
  program
    .command('doctor')
    .description('look for trouble; changes nothing')
    .option('--json', 'as JSON')
    .action(
      run(io, async ({ json = false }: { json?: boolean }) => {
        const { runDoctor } = await import('./doctor/index.ts');
        return runDoctor(io, { json });
      }),
    );
};

const addBackups = (program: Command, io: Io): void => {
  program
    .command('backup')
    .description('one file with everything needed to come back; the server may run')
    .option('--out <file>', 'where to; default: the folder "backups" in the data folder')
    .option('--with-secrets', 'also the connected Claude account')
    .option('--with-workspace', 'also the files chats work on')
    .action(
      run(io, async (options: { out?: string; withSecrets?: boolean; withWorkspace?: boolean }) => {
        const [{ loadConfig }, { runBackup }] = await Promise.all([
          import('../config.ts'),
          import('./backup/index.ts'),
        ]);
        const { out, withSecrets = false, withWorkspace = false } = options;
        await runBackup({ config: loadConfig(), io }, { out, withSecrets, withWorkspace });
      }),
    );
  program
    .command('restore')
    .description('go back to a backup; the server must be stopped')
    .argument('<file>')
    .action(
      run(io, async (file: string) => {
        const [{ loadConfig }, { runRestore }] = await Promise.all([
          import('../config.ts'),
          import('./backup/restore.ts'),
        ]);
        await runRestore({ config: loadConfig(), io }, file);
      }),
    );
};

export const createProgram = (io: Io = terminalIo): Command => {
  const program = new Command('hearth')
    .description('Hearth, your own assistant at home')
    .version(version)
    .showHelpAfterError('Run "hearth --help" to see what there is.');
  program
    .command('start')
    .description('run the server until it is stopped')
    .action(run(io, async () => (await import('./start.ts')).runStart()));
  addChat(program, io);
  addKeys(program, io);
  addUpkeep(program, io);
  addBackups(program, io);
  return program;
};

if (import.meta.main) await createProgram().parseAsync();

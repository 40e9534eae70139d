/** `hearth start`: the server in the foreground, until a signal ends it. */
import { ConfigError, loadConfig, setTempDir } from '../config.ts';
import { isAppError } from '../kernel/errors.ts';
import { agentTempDir, type RunningServer, startServer } from '../server.ts';

const describe = (error: unknown): string =>
  error instanceof ConfigError || isAppError(error) ? error.message : `Hearth could not start: ${String(error)}`;

const announce = (server: RunningServer): void => {
  const account = server.app.accounts.account();
  const lines = [`Hearth is ready at ${server.url}`];
  if (server.app.firstKey !== null) {
    lines.push(
      '',
      `  Your key: ${server.app.firstKey}`,
      '  It is shown this one time. Keep it; it opens everything.',
      '',
    );
  }
  lines.push(
    account.demo
      ? `  ${account.label}. Connect your own in the app, or set ANTHROPIC_API_KEY.`
      : `  Answers come from: ${account.label}`,
  );
  lines.push('  Open the address in a browser, or talk in another terminal: npx hearth chat');
  process.stdout.write(`${lines.join('\n')}\n`);
};

/** Resolves to the exit code once the server has stopped. */
export const runStart = async (): Promise<number> => {
  let server: RunningServer;
  try {
    const config = loadConfig();
    setTempDir(agentTempDir(config));
    server = await startServer(config);
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return 1;
  }
  announce(server);
  const { app } = server;
  const starter = { ownerId: app.ownerId, keyId: '', origin: 'api' as const, browser: false, granted: [], ip: null };
  // The spare is for the owner's own chats, which have every permission.
  app.agent.prewarm({ ...starter, permissions: { shell: true } });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  process.stdout.write('Stopping…\n');
  await server.stop();
  return 0;
};

/**
 * Runs the stand-in alone: `node main.ts --port 5599 [--tokens-per-second 80] [--control]`.
 * Point a client at the printed address with `ANTHROPIC_BASE_URL` and any API key.
 */
import { parseArgs } from 'node:util';
import { startStandIn } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5599' },
    host: { type: 'string', default: '127.0.0.1' },
    'tokens-per-second': { type: 'string', default: '80' },
    control: { type: 'boolean', default: false },
  },
});

const started = startStandIn({
  port: Number(values.port),
  host: values.host,
  tokensPerSecond: Number(values['tokens-per-second']),
  control: values.control,
});
const standIn = await started.catch((error: unknown) => {
  process.stderr.write(`The stand-in could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
process.stdout.write(`Stand-in listens on ${standIn.url}\n`);

const stop = (): void => {
  void standIn.close();
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

/** `npm start`: the same as `hearth start`. */
import { runStart } from './cli/start.ts';

process.exitCode = await runStart();

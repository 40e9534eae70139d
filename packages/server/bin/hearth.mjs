#!/usr/bin/env node
/**
 * `hearth` under any Node from 18 on: finds the Node that npm installed with this project and hands everything over to
 * it. Plain JavaScript, because the Node that reads this file may not know TypeScript.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../src/cli/index.ts', import.meta.url));

const isRecent = (version) => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 26 || (major === 26 && minor >= 1);
};

/** The nearest `node_modules/node` on the way up, as npm laid it out. */
const findInstalledNode = () => {
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', 'node', 'bin', program);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
};

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const node = findInstalledNode() ?? (isRecent(process.versions.node) ? process.execPath : undefined);
if (node === undefined) {
  fail(
    `Hearth needs Node 26.1 or later, and this is Node ${process.versions.node}.\n` +
      'Run "npm install" in the folder of Hearth: it brings the right one along.',
  );
}

// Parsed TypeScript is kept here, so that from the second time on it starts quicker and lighter.
const cache = process.env.NODE_COMPILE_CACHE ?? join(dirname(dirname(dirname(node))), '.cache', 'hearth');
const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];
const child = spawn(node, [...flags, entry, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_COMPILE_CACHE: cache },
});
child.on('error', (error) => {
  fail(
    `Hearth could not be started: ${node} does not run (${error.message}).\nRun "npm install" on this machine again.`,
  );
});

// A terminal sends these to both processes by itself; passed on, they would count twice.
const fromTerminal = process.stdin.isTTY === true;
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM']) {
  process.on(signal, () => {
    if (signal === 'SIGTERM' || !fromTerminal) child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
});

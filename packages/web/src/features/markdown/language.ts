/** The grammars we have, by the names people and models write after the fence. */
const ALIASES: Readonly<Record<string, string>> = {
  bash: 'bash',
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  shellsession: 'bash',
  ash: 'bash',
  json: 'json',
  jsonc: 'json',
  json5: 'json',
  jsonl: 'json',
  yaml: 'yaml',
  yml: 'yaml',
  compose: 'yaml',
  'docker-compose': 'yaml',
  python: 'python',
  py: 'python',
  python3: 'python',
  typescript: 'typescript',
  ts: 'typescript',
  tsx: 'typescript',
  javascript: 'typescript',
  js: 'typescript',
  jsx: 'typescript',
  mjs: 'typescript',
  cjs: 'typescript',
  mts: 'typescript',
  node: 'typescript',
  sql: 'sql',
  sqlite: 'sql',
  postgresql: 'sql',
  postgres: 'sql',
  mysql: 'sql',
  ini: 'ini',
  toml: 'ini',
  conf: 'ini',
  cfg: 'ini',
  env: 'ini',
  dotenv: 'ini',
  properties: 'ini',
  systemd: 'ini',
  service: 'ini',
  editorconfig: 'ini',
  dockerfile: 'dockerfile',
  docker: 'dockerfile',
  containerfile: 'dockerfile',
  diff: 'diff',
  patch: 'diff',
};

/** The first word after the fence, as a label. It comes from the model: letters, digits and a few signs only. */
export function languageLabel(info: string): string {
  const word = info.trim().split(/[\s,{:]/, 1)[0] ?? '';
  return word.replace(/[^\p{L}\p{N}+#._-]/gu, '').slice(0, 24);
}

/** The grammar for a label; undefined if we have none. */
export function grammarOf(info: string): string | undefined {
  const name = languageLabel(info).toLowerCase();
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}

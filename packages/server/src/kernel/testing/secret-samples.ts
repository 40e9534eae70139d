/** Secrets of every shape. */

// Made up, and put together here, so that nobody who looks for leaked keys finds this file.
export const random = 'q7Xz2Lm9Vb4Kd8Rt1Wy6Pn3Jh5Fc0Sg';
export const long = `${random}${random}`;
export const hex = '9f86d081884c7d659a2feaa0c55ad015';
const pemBody = Array.from({ length: 6 }, (_, line) => `MII${line}${long}`.slice(0, 64)).join('\n');
export const pem = (kind: string): string =>
  ['-----BEGIN ', kind, '-----\n', pemBody, '\nAbC4==\n-----END ', kind, '-----'].join('');
export const webToken = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${random}`;

export const shaped: [string, string][] = [
  ['ours', `ak_${long.slice(0, 43)}`],
  ['ours with a dash at its end', `ak_${long.slice(0, 42)}-`],
  ['Anthropic', `sk-ant-api03-${long}-A_b`],
  ['Anthropic subscription', `sk-ant-oat01-${long}`],
  ['OpenAI', `sk-${long.slice(0, 48)}`],
  ['OpenAI project', `sk-proj-${random}-${random}_x`],
  ['DeepSeek', `sk-${hex}`],
  ['OpenRouter', `sk-or-v1-${hex}${hex}`],
  ['GitHub', `ghp_${long.slice(0, 36)}`],
  ['GitHub app', `ghs_${long.slice(0, 36)}`],
  ['GitHub fine-grained', `github_pat_${random.slice(0, 22)}_${long.slice(0, 59)}`],
  ['GitLab', `glpat-${random.slice(0, 20)}`],
  ['AWS key id', ['AKIA', 'Q7XZ2LM9VB4KD8RT'].join('')],
  ['AWS session key id', ['ASIA', 'Q7XZ2LM9VB4KD8RT'].join('')],
  ['Google', `AIza${long.slice(0, 35)}`],
  ['Google OAuth', `ya29.${long}`],
  ['Google client', `GOCSPX-${random.slice(0, 28)}`],
  ['Slack bot', `xoxb-123456789012-${random.slice(0, 24)}`],
  ['Slack app', `xapp-1-A123-${random}`],
  ['Stripe', `sk_live_${random.slice(0, 24)}`],
  ['Stripe restricted', `rk_test_${random.slice(0, 24)}`],
  ['Stripe webhook', `whsec_${random}`],
  ['npm', `npm_${long.slice(0, 36)}`],
  ['PyPI', `pypi-${long}`],
  ['Docker', `dckr_pat_${random.slice(0, 27)}`],
  ['Hugging Face', `hf_${long.slice(0, 34)}`],
  ['Tailscale', `tskey-auth-k${random.slice(0, 12)}-${random}`],
  ['Telegram', `1234567890:${long.slice(0, 35)}`],
  ['SendGrid', `SG.${random.slice(0, 22)}.${long.slice(0, 43)}`],
  ['Vault', `hvs.${long}`],
  ['age', `AGE-SECRET-KEY-1${random.toUpperCase()}${random.toUpperCase()}`],
  ['web token', webToken],
  ['web token without a signature', webToken.slice(0, webToken.lastIndexOf('.') + 1)],
];

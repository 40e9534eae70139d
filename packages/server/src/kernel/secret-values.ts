/**
 * Secrets that only their surroundings give away: `password=…`, `"token": "…"`, `Authorization: …`. Names say what may
 * follow, and the value itself says whether it is a secret or a placeholder, a type, a call or a reference.
 */
import type { SecretKind } from './secret-shapes.ts';

/** How a value was given to its name. */
export interface ValueContext {
  /**
   * `tight`: `a=b`, as shells and addresses write it; `loose`: `a: b`, `a = b`; `flag`: `--a b`; `said`: `a is b`;
   * `prose`: `a b`.
   */
  how: 'tight' | 'loose' | 'flag' | 'said' | 'prose';
  quoted: boolean;
  /** The name is written in capitals, as variables of an environment are. */
  capitals: boolean;
  /** Nothing but this stands in the line, as in settings. */
  alone: boolean;
  /** Inside an address, after `?` or `&`. */
  query: boolean;
}

const passwordEnds = ['password', 'passwd', 'passphrase', 'passcode', 'pwd'];
const secretEnds = ['secret', 'credential', 'credentials', 'secretkey', 'psk', 'preshared', 'presharedkey'];
const keyEnds = [
  ...['apikey', 'accesskey', 'authkey', 'accountkey', 'sharedkey', 'sharedaccesskey', 'gotifykey', 'masterkey'],
  ...['signingkey', 'encryptionkey', 'privatekey', 'servicekey', 'subscriptionkey'],
];
const ordinary = /(?:page|next|continuation|sync|resume|cancellation|cancel|stop|csrf|xsrf)token$/;
const longestName = 64;
/** Most words are none of these names, and this tells so at once. */
const endings = new Set([
  'ord',
  'swd',
  'ase',
  'ode',
  'pwd',
  'ret',
  'ial',
  'als',
  'key',
  'psk',
  'red',
  'ass',
  'ken',
  'ion',
  'uth',
]);

/** What a name promises; null for an ordinary one. `_` and `-` and capitals are ways of writing the same name. */
export const kindOfName = (name: string): SecretKind | null => {
  if (!endings.has(name.slice(-3).toLowerCase())) return null;
  if (name.length > longestName) return kindOfName(name.slice(-longestName));
  const plain = name.replaceAll(/[-_.]/g, '').toLowerCase();
  if (/^(?:old)?pwd$/.test(plain) && name === name.toUpperCase()) return null; // the shell's working folder
  if (passwordEnds.some((end) => plain.endsWith(end))) return 'password';
  if (/(?:^|[-_])pass$/i.test(name) || /[a-z]Pass$/.test(name)) return 'secret';
  if (plain.endsWith('token')) return ordinary.test(plain) ? null : 'token';
  if (plain.endsWith('authorization') || plain === 'auth') return 'token';
  if (keyEnds.some((end) => plain.endsWith(end))) return 'api key';
  return secretEnds.some((end) => plain.endsWith(end)) ? 'secret' : null;
};

const masks = /^[*•.\-_#?…xX]+$/;
const openings = /^(?:\[?redacted\b|\*{3}|<|\{|\$|%[A-Za-z_({]|@[A-Za-z{]|:[a-z]|#\{|\(|\[|&[A-Za-z*])/i;
const examples =
  /^(?:your|insert|enter|example|placeholder|change[-_ ]?me|replace[-_ ]?me|todo|dummy|redacted)\b|^your[-_]|\.\.\.|…/i;

/** Stands for a secret without being one. */
const isPlaceholder = (value: string): boolean =>
  masks.test(value) || openings.test(value) || examples.test(value) || value.includes('[redacted');

const literals = new Set(
  [
    'true false null none nil undefined void any unknown never nan yes no on off default empty blank',
    'string str text char varchar bytes buffer number int integer float boolean bool date object array uuid',
    'required optional mandatory missing invalid expired valid revoked unset hidden masked disabled enabled',
    'password passwd secret token bearer basic digest credential credentials apikey key file env header cookie',
    'u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 int8 int16 int32 int64 uint8 uint16 uint32 uint64',
    'utf8 base64 base64url hex md5 sha1 sha256 sha384 sha512 hs256 hs384 hs512 rs256 es256 ed25519 bcrypt argon2',
    'argon2id scrypt pbkdf2 oauth2 x509 current-password new-password one-time-code bearertoken',
  ].flatMap((line) => line.split(' ')),
);

const identifier = /^[A-Za-z_$][\w$]*$/;
const path = /^[A-Za-z_$][\w$]*(?:(?:\?\.|\.|::|->)[A-Za-z_$][\w$]*)+$/;
const roots =
  /^(?:process|os|self|this|config|settings|env|import|args|options|opts|ctx|req|request|props|params|app)\b/;
const call = /^(?:await|new|return|typeof)$|^[A-Za-z_$][\w$.:?]*[([]/;
const constant = /^[A-Z][A-Z_]*$/;
const hasDigit = (text: string): boolean => /\d/.test(text);
const hasLetter = (text: string): boolean => /[A-Za-z]/.test(text);
const file = /^(?:~?\/|\.{1,2}\/|[A-Za-z]:\\)/;

/** Long and without sense: hex or base64, as machines make secrets. */
export const looksRandom = (value: string): boolean => {
  if (/^[0-9a-fA-F]{16,}$/.test(value)) return hasDigit(value) && hasLetter(value);
  return /^[A-Za-z0-9+/_-]{20,}={0,2}$/.test(value) && hasDigit(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
};

/** Several words: a passphrase, or a sentence about one. */
const isPassphrase = (value: string): boolean =>
  (hasDigit(value) && value.length <= 64 && !/[.?!:]$/.test(value)) || /^[a-z]{3,}(?:[ -][a-z]{3,}){3,11}$/.test(value);

const quotedIsSecret = (value: string): boolean => {
  if (value.length < 3 || literals.has(value.toLowerCase()) || constant.test(value)) return false;
  if (file.test(value) || /^https?:\/\//i.test(value)) return looksRandom(value);
  if (/\$\{|\{\{|%s|\$\(/.test(value)) return false;
  return !/\s/.test(value) || isPassphrase(value);
};

const lettersAreSecret = (value: string, { how, capitals, alone, query }: ValueContext): boolean => {
  if (constant.test(value) || value.length < 4) return false;
  if (how === 'tight') return capitals || query || alone;
  if (how === 'flag') return true;
  return alone && /^[a-z]{8,}$/.test(value);
};

/** `value` may be the beginning of a long one. */
export const isSecretValue = (value: string, kind: SecretKind, context: ValueContext): boolean => {
  if (isPlaceholder(value)) return false;
  if (context.how === 'prose') return looksRandom(value);
  if (context.how === 'said' && !context.quoted)
    return looksRandom(value) || (kind === 'password' && value.length >= 6 && hasDigit(value) && hasLetter(value));
  if (context.quoted) return quotedIsSecret(value);
  if (value.length < 4 || literals.has(value.toLowerCase()) || file.test(value)) return false;
  if (call.test(value) || (path.test(value) && (!hasDigit(value) || roots.test(value)))) return false;
  if (/^\d+(?:\.\d+)*$/.test(value)) return kind === 'password' && value.length >= 4 && !value.includes('.');
  if (/^[A-Za-z_$]+$/.test(value)) return identifier.test(value) && lettersAreSecret(value, context);
  return true;
};

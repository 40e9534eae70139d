import { describe, expect, it } from 'vitest';
import { redactJson, redactSecrets } from './redact-secrets.ts';
import { hex, long, pem, random, shaped, webToken } from './testing/secret-samples.ts';

const dollar = '$';
const redacted = (text: string): string => redactSecrets(text).text;

/** No piece of the secret is left. */
const expectGone = (text: string, secret: string): void => {
  const { text: result, found } = redactSecrets(text);
  expect(found.length, result).toBeGreaterThan(0);
  expect(result).toContain('[redacted');
  const size = Math.min(6, secret.length);
  for (let from = 0; from + size <= secret.length; from += 1)
    expect(result, `of ${text}`).not.toContain(secret.slice(from, from + size));
};

describe('a key that has a shape', () => {
  it.each(shaped)('%s goes whole, wherever it stands', (_name, secret) => {
    for (const text of [
      secret,
      `Use ${secret}, please.`,
      `the key is "${secret}"`,
      `https://api.example.com/v1/${secret}/items`,
      `x=${secret}&y=1`,
      `[${secret}](x) <${secret}>`,
      `prefix_${secret}`,
      `line one\n${secret}\nline three`,
      JSON.stringify({ text: `a\n${secret}\nb` }),
      JSON.stringify(JSON.stringify({ deep: `\t${secret}` })),
    ])
      expectGone(text, secret);
  });

  it.each([
    'sk-...',
    'sk-ant-…',
    'ak_pmTJnC…',
    'sk-your-key',
    'AKIAIOSFODNN7',
    'the sk-toggleable__control of scikit-learn',
    'xoxb-your-token',
    'ghp_xxxxxxxxxxxx',
    'desk-ant-colony-of-the-large-red-kind',
    'task-2024-11-23-rename-the-kitchen-lamp',
    'eyJ is how one begins',
  ])('%s is none', (text) => expect(redacted(text)).toBe(text));
});

describe('what is given to a name', () => {
  const secret = 'hunter2-Xy';
  it.each([
    [`password=${secret}`],
    [`PASSWORD=${secret}`],
    [`export DB_PASSWORD=${secret}`],
    [`export DB_PASSWORD='${secret}'`],
    [`  - MYSQL_ROOT_PASSWORD=${secret}`],
    [`ENV API_TOKEN=${secret}`],
    [`password: ${secret}`],
    [`  password: "${secret}"`],
    [`password = "${secret}"`],
    [`{"password":"${secret}"}`],
    [`{ "dbPassword" : "${secret}", "port": 5432 }`],
    [`{'client_secret': '${secret}'}`],
    [`"apiKey" => "${secret}"`],
    [`const apiKey = '${secret}';`],
    [`token := "${secret}"`],
    [`if (password === "${secret}") {`],
    [`mysql --password=${secret} -u root`],
    [`hearth --token ${secret} start`],
    [`curl "https://x.example/?token=${secret}&page=2"`],
    [`GOTIFY_TOKEN=${secret}`],
    [`X-Gotify-Key: ${secret}`],
    [`x-api-key: ${secret}`],
    [`Authorization: Bearer ${secret}`],
    [`Authorization: token ${secret}`],
    [`-H "Authorization: Bearer ${secret}"`],
    [`headers: { Authorization: 'Bearer ${secret}' }`],
    [`<password>${secret}</password>`],
    [`Server=db;User Id=sa;Password=${secret};Encrypt=true`],
    [`AccountName=x;AccountKey=${secret}==;EndpointSuffix=core`],
    [`+password: ${secret}`],
    [`> password: ${secret}`],
    [`passphrase: '${secret}'`],
    [`secret="${secret}"`],
    [`the password is "${secret}"`.replace(' is', ':')],
    [`postgres://hearth:${secret}@db.example:5432/hearth?sslmode=require`],
    [`redis://:${secret}@cache:6379`],
    [`https://me:${secret}@git.example/repo.git`],
    [`amqp://user:p@${secret}@host/`],
    [`mongodb+srv://user:a/${secret}@host/db`],
  ])('%s', (text) => {
    expectGone(text, secret);
    expectGone(JSON.stringify({ output: text }), secret);
    expectGone(JSON.stringify(JSON.stringify(text)), secret);
  });

  it('goes whole, with every odd character in it', () => {
    expect(redacted('PASSWORD=a;b,c)d|e&f#g8')).toBe('PASSWORD=[redacted: password]');
    const quoted = '"password": "two words 2 and \\" more"';
    expect(redacted(quoted)).toBe('"password": "[redacted: password]"');
    expect(redacted(JSON.stringify(quoted))).toBe(JSON.stringify('"password": "[redacted: password]"'));
    expect(redacted('aws_secret_access_key = q7Xz2Lm9/Vb4Kd8Rt1+Wy6Pn3Jh5Fc0Sgq7Xz2Lm')).toBe(
      'aws_secret_access_key = [redacted: api key]',
    );
    expect(redacted('postgres://u:p:w@x1@host/db')).toBe('postgres://u:[redacted]@host/db');
    expect(redacted(`https://ghp_${long.slice(0, 36)}:x-oauth-basic@github.com/x`)).toBe(
      'https://[redacted: token]:[redacted: password]@github.com/x',
    );
    expect(redacted(`token: ${webToken}`)).toBe('token: [redacted: token]');
  });

  it('is found when it has only letters and nothing else is in its line', () => {
    for (const text of [
      'DB_PASSWORD=letmein',
      'password: correcthorsebattery',
      '{"password":"letmein"}',
      'x --password letmein',
    ])
      expect(redacted(text), text).not.toMatch(/letmein|horse/);
    expect(redacted('passphrase: "correct horse battery staple"')).not.toContain('horse');
  });

  it('is found behind the word alone when it is plainly random', () => {
    expectGone(`my secret ${hex}`, hex);
    expectGone(`the token is ${long}.`, long);
    expectGone(`password: ${hex}`, hex);
    for (const text of ['the wifi password is hunter2!', 'My password is: hunter2.', 'password was "letmein"'])
      expect(redacted(text), text).not.toMatch(/hunter2|letmein/);
    expectGone(`Bearer ${random}`, random);
    expectGone(`curl -H 'authorization: Basic ${Buffer.from('me:hunter22').toString('base64')}'`, 'bWU6aHVudGVyMjI=');
  });
});

describe('a private key', () => {
  const kinds = [
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ];
  it.each(kinds)('%s goes from its first mark to its last', (kind) => {
    const text = `before\n${pem(kind)}\nafter`;
    expect(redacted(text)).toBe('before\n[redacted: private key]\nafter');
    expect(redacted(JSON.stringify(text))).toBe(JSON.stringify('before\n[redacted: private key]\nafter'));
    expect(redacted(JSON.stringify(JSON.stringify(text)))).not.toContain('MII');
    expect(redacted(`key = "${pem(kind).replaceAll('\n', '\\n" +\n  "')}"`)).not.toContain('MII');
  });

  it('that was cut off goes as far as it goes', () => {
    for (let length = 30; length < pem('PRIVATE KEY').length; length += 7)
      expect(redacted(`${pem('PRIVATE KEY').slice(0, length)}\n`)).not.toContain('MII');
    const cut = pem('PRIVATE KEY').slice(0, 200);
    expect(redacted(`${cut}\n\nThat was the key, and this is prose.`)).toMatch(
      /^\[redacted: private key\]\n\nThat was/,
    );
    const both = `${cut}\nand the whole one:\n${pem('EC PRIVATE KEY')}\nafter`;
    expect(redacted(both)).toMatch(/^\[redacted: private key\]\nand the whole one:\n\[redacted: private key\]\nafter$/);
  });

  it('with headers goes too; certificates and public keys stay', () => {
    const headed = pem('RSA PRIVATE KEY').replace(
      '-----\n',
      '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1234\n\n',
    );
    expect(redacted(headed)).toBe('[redacted: private key]');
    expect(redacted(headed.slice(0, 180))).toBe('[redacted: private key]');
    for (const kind of ['CERTIFICATE', 'PUBLIC KEY']) expect(redacted(pem(kind))).toBe(pem(kind));
  });
});

describe('what is no secret stays', () => {
  it.each([
    'commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
    'the fix for the password form is in 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'session 550e8400-e29b-41d4-a716-446655440000 of owner 01a20773-aa2a-73fa-b0f6-10616dfea14e',
    'image: ghcr.io/hearth/server@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '"integrity": "sha512-q7Xz2Lm9Vb4Kd8Rt1Wy6Pn3Jh5Fc0Sgq7Xz2Lm9Vb4Kd8Rt1Wy6Pn3Jh5Fc0Sg=="',
    'v1.2.3-beta.4+build.20261123',
    'at 2026-11-23T04:26:00.000Z, order 4111-1111-1111-1111, 1234567890123456',
    'pwd\ncd /home/me && pwd',
    'PWD=/home/me/projects',
    'OLDPWD=/tmp/x1',
    'password = get_password()',
    'password = getpass.getpass("Password: ")',
    'const password = await readSecret("db", 2);',
    'token = tokens[i1]',
    'secret: process.env.S3_SECRET,',
    'api_key=os.environ["OPENAI_API_KEY"]',
    'client = Client(token=token, password=self.password)',
    'interface Login { password: string; token?: string | null; apiKey: Base }',
    'def login(password: str, token: Optional[str] = None) -> bool:',
    'fn login(password: &str, token: u64) {',
    'class SecretKeyFactory extends TokenStream {}',
    'max_tokens: 4096, "input_tokens": 1200, tokenizer: cl100k',
    '"token": null, "password": true, "secret": "", "apiKey": undefined',
    'token_type: bearer, token_endpoint: https://id.example/oauth2/token',
    'Authorization: Bearer $TOKEN',
    'Authorization: Bearer <token>',
    `headers: { Authorization: 'Bearer ${dollar}{token}' }`,
    `X-API-Key: ${dollar}{HEARTH_KEY}`,
    'password: ********',
    'password: "<your password>"',
    'API_KEY=your-api-key',
    'TOKEN={{ secrets.TOKEN }}',
    'echo "$DB_PASSWORD"',
    'Bearer tokens expire after an hour; basic authentication does not.',
    'The password is long, the token is for you, and the secret is 42. A password is at least 12 characters.',
    'Tell me a secret about cats. The password: it is long. Secret Santa: Bob',
    'Forgot your password? Enter it again: the token you got by mail.',
    '<input type="password" autocomplete="current-password" name="password">',
    'password_hash, token_count=12, secret_name=prod1, passwordLength: 12',
    'pass: 1204, fail: 3',
    'http://localhost:54000/api?x=1 and http://host:8080/a@b',
    'ssh://git@github.com:22/x.git, mailto:me@example.com',
    'nextPageToken: CAUQAA12',
    'git clone git@github.com:hearth/hearth.git',
    'The keyboard key 9 is stuck; the primary key is id, the cache key user:42.',
    '192.168.1.10:8123 00:1b:44:11:3a:b7 fe80::1',
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ',
  ])('%s', (text) => expect(redacted(text)).toBe(text));
});

describe('known secrets', () => {
  it('go wherever they stand, also inside of something else that goes', () => {
    const known = ['my-own admin key', 'short', random];
    const { text, found } = redactSecrets(`say my-own admin key, short, x${random}y password=a${random}b`, { known });
    expect(text).toBe('say [redacted: secret], short, x[redacted: secret]y password=[redacted: password]');
    expect(found).toEqual(['secret', 'secret', 'password']);
  });
});

describe('a value of JSON', () => {
  const read = (value: unknown): unknown => {
    const steps = redactJson(value);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  };
  it('loses what its strings hold, and what the names of its fields give away', () => {
    expect(
      read({
        password: 'letmein',
        client_secret: 'letmein-please',
        tokens: ['a', { token: 'required' }],
        command: `curl -H "x-api-key: ${random}"`,
        count: 3,
        nothing: null,
        deep: [[{ api_key: random }]],
      }),
    ).toEqual({
      password: '[redacted]',
      client_secret: '[redacted: secret]',
      tokens: ['a', { token: 'required' }],
      command: 'curl -H "x-api-key: [redacted: api key]"',
      count: 3,
      nothing: null,
      deep: [[{ api_key: '[redacted: api key]' }]],
    });
  });

  it('keeps pictures, and names of fields that mean something to JavaScript', () => {
    const picture = { type: 'image', media_type: 'image/png', source: 'base64', data: `AKIA${'Q7XZ2LM9VB4KD8RT'}` };
    expect(read([picture])).toEqual([picture]);
    const odd = JSON.parse('{"__proto__":{"password":"letmein-now"}}');
    expect(JSON.stringify(read(odd))).toBe('{"__proto__":{"password":"[redacted: password]"}}');
  });

  it('of many small strings is read in slices too', () => {
    const steps = redactJson(Array.from({ length: 50_000 }, (_, index) => `word ${index} and another`));
    let slices = 0;
    for (let step = steps.next(); !step.done; step = steps.next()) slices += 1;
    expect(slices).toBeGreaterThan(8);
  });
});

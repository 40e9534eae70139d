/**
 * The reference server: bare Hono and node:sqlite, no guard, no validation, no modules. It answers `/health` after a
 * query, keeps one JSON value in memory (`PUT /json`) and answers it (`GET /json`).
 * Started like Hearth's own server: `node bench/reference-server.ts <port> <database file>`.
 */
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

const [port = '0', file = ':memory:'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS hello (id INTEGER PRIMARY KEY, word TEXT)');
const ping = database.prepare('SELECT count(*) AS n FROM hello');
let kept: Record<string, unknown> = {};

const app = new Hono();
app.get('/health', (c) => c.json({ status: 'healthy', rows: ping.get()?.n ?? 0 }));
app.get('/json', (c) => c.json(kept));
app.put('/json', async (c) => {
  kept = await c.req.json();
  return c.body(null, 204);
});

const server = createServer(getRequestListener(app.fetch));
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  database.close();
});

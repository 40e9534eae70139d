/**
 * The composition root: the only place that joins modules and adapters. It reads from top to bottom as the order in
 * which the parts come to life; `lifecycle` stops them in the opposite order.
 */
import { join } from 'node:path';
import {
  type AgentProvider,
  createClaudeProvider,
  createRuntime,
  type OwnTool,
  type Runtime,
  type WorkerProfile,
} from '@hearth/runtime';
import { openMemoryStores } from './adapters/memory-stores.ts';
import { openParts, type Parts } from './adapters/open-parts.ts';
import { createHttpWebhookSender } from './adapters/webhook-sender/http.ts';
import { claudeSettings, guardedPaths } from './config/derived.ts';
import type { Config } from './config.ts';
import type { Db } from './db/index.ts';
import { createHttpApp, type HttpApp } from './http/app.ts';
import { renderDocsPage } from './http/docs-page.ts';
import { registerFrontPage } from './http/front-page.ts';
import type { GuardDeps } from './http/guard.ts';
import { createIdempotency, pruneIdempotency } from './http/idempotency.ts';
import { registerOpenApiRoutes } from './http/openapi.ts';
import { createStaticWeb } from './http/static-web.ts';
import type { Clock } from './kernel/clock.ts';
import { newId } from './kernel/ids.ts';
import type { Lifecycle } from './kernel/lifecycle.ts';
import type { Log } from './kernel/log.ts';
import { createUpkeep } from './kernel/upkeep.ts';
import { type Accounts, createAccounts, proveWith, registerAccountRoutes } from './modules/account/index.ts';
import {
  type Agent,
  createAgent,
  createBranches,
  createCheckpoints,
  createCuts,
  createOwnCalls,
  createRewinds,
  createRunRequests,
  createRunStore,
  createTranscripts,
  nobodysProfile,
  type OwnCalls,
  registerSessionRunRoutes,
  registerTalkRoutes,
  starterOf,
  type Transcripts,
} from './modules/agent/index.ts';
import { type Approvals, createApprovals, registerApprovalRoutes } from './modules/approvals/index.ts';
import { type Audit, createAudit, registerAuditRoutes } from './modules/audit/index.ts';
import { type Auth, createAuth, registerAuthRoutes } from './modules/auth/index.ts';
import { createEventLog, createReserve, type EventLog, registerEventRoutes } from './modules/events/index.ts';
import { createHealth, createMetrics, type HealthService, registerHealthRoutes } from './modules/health/index.ts';
import { createJobs, type Jobs } from './modules/jobs/index.ts';
import { createMemoryPart, type MemoryPart, registerMemoryRoutes } from './modules/memory/index.ts';
import { createPersonas, defaultPersonaText, type Personas, registerPersonaRoutes } from './modules/persona/index.ts';
import { createNoQuestions, createPathGuard, createPolicy, type NoQuestions } from './modules/policy/index.ts';
import {
  createSessionExports,
  createSessionHistory,
  createSessions,
  registerExportRoutes,
  registerSessionRoutes,
  type Sessions,
} from './modules/sessions/index.ts';
import type { Limiter } from './ports/limiter.ts';

export interface AppDeps {
  config: Config;
  log: Log;
  clock: Clock;
  lifecycle: Lifecycle;
  /** The offline model that answers while no account is connected. `start` may be called again. */
  demo: { start: () => Promise<void>; url: () => string };
  http: Pick<GuardDeps, 'isLoopback'> & { clientIp: Parameters<typeof createHttpApp>[0]['clientIp'] };
  /** The exported web app. */
  webDir: string;
  /** Tests put a scripted provider here; everyone else gets Claude. */
  provider?: AgentProvider;
}

export interface App {
  http: HttpApp;
  auth: Auth;
  agent: Agent;
  accounts: Accounts;
  approvals: Approvals;
  memory: MemoryPart;
  sessions: Sessions;
  audit: Audit;
  events: EventLog;
  health: HealthService;
  limiter: Limiter;
  runtime: Runtime;
  db: Db;
  /** The key that was made just now, on the first start. */
  firstKey: string | null;
  ownerId: string;
}

const plainProfile = (config: Config): Promise<WorkerProfile> =>
  nobodysProfile(createPathGuard(guardedPaths(config)), config.paths.workspace, defaultPersonaText);

const createAccountPart = (deps: AppDeps, onChanged: () => Promise<void>): Accounts => {
  const { config } = deps;
  return createAccounts({
    configured: config.claude,
    aliases: config.claude.aliases,
    demo: config.claude.demo,
    file: join(config.paths.dataDir, 'claude-account.json'),
    home: config.paths.home,
    demoUrl: deps.demo.url,
    onChanged,
    prove: async (credential) => {
      const provider = createClaudeProvider({ settings: () => claudeSettings(config, credential) });
      const nowhere = { append: async () => {}, load: async () => null, listSubpaths: async () => [] };
      return proveWith(provider, {
        profile: { ...(await plainProfile(config)), tools: [] },
        transcripts: nowhere,
        resume: null,
      });
    },
  });
};

const createMemory = async (
  deps: AppDeps,
  core: Core,
  { accounts, provider, placeOf }: Model & { placeOf: OwnCalls['take'] },
): Promise<MemoryPart> => {
  const { config } = deps;
  const stores = await openMemoryStores({
    ...deps,
    services: config.memory.services,
    db: core.db,
    dataDir: config.paths.dataDir,
    provider,
    profile: () => plainProfile(config),
    model: config.claude.aliases.haiku ?? 'haiku',
  });
  const secrets = (): string[] => [...config.secrets, ...accounts.secrets()];
  return createMemoryPart({ ...deps, ...core, ...stores, secrets, placeOf, inChats: config.memory });
};

/** A process that has not renewed its lease for this long is taken to be dead. */
const leaseMs = 8_000;

/** Things that are done again and again while the server runs. */
const keepTidy = (deps: AppDeps, parts: Core & Conversing): void => {
  const { clock, log, lifecycle } = deps;
  const every = createUpkeep({ clock, log, lifecycle });
  const daysAgo = (days: number): Date => new Date(clock.now().getTime() - days * 86_400_000);
  every(leaseMs / 4, 'renewing leases', parts.agent.renewLeases);
  every(leaseMs / 3, 'taking over abandoned runs', () => parts.agent.recover(false));
  every(15_000, 'expiring approvals', parts.approvals.expireDue);
  every(3_600_000, 'pruning events', () => parts.events.prune(daysAgo(7)));
  every(3_600_000, 'forgetting idempotency keys', () => pruneIdempotency({ ...parts, clock }));
  every(3_600_000, 'pruning the audit trail', () => parts.audit.prune(daysAgo(90)));
  every(3_600_000, 'pruning jobs', parts.jobs.prune);
  every(3_600_000, 'letting memories go', parts.memory.memories.expire);
};

interface Core extends Parts {
  auth: Auth;
  events: EventLog;
  audit: Audit;
  jobs: Jobs;
  personas: Personas;
}

const createCore = async (deps: AppDeps): Promise<Core> => {
  const { config, log, clock, lifecycle } = deps;
  const parts = await openParts({ ...deps, reserveOf: createReserve });
  const auth = createAuth({ ...parts, clock, log });
  lifecycle.onStop('auth', () => auth.close());
  const events = createEventLog({ ...parts, clock, log });
  lifecycle.onStop('event log', () => events.flush());
  const jobs = createJobs({ ...parts, clock, log });
  lifecycle.onStop('jobs', () => jobs.stop(3_000));
  const audit = createAudit({ ...parts, clock });
  const file = parts.db.kind === 'sqlite' ? join(config.paths.configDir, 'persona.json') : null;
  const personas = createPersonas({ ...parts, clock, log, audit, file });
  await personas.start();
  lifecycle.onStop('personas', () => personas.stop());
  return { ...parts, auth, events, audit, jobs, personas };
};

interface Model {
  accounts: Accounts;
  provider: AgentProvider;
  runtime: Runtime;
  transcripts: Transcripts;
}

interface Conversing extends Model {
  sessions: Sessions;
  approvals: Approvals;
  checkpoints: ReturnType<typeof createCheckpoints>;
  noQuestions: NoQuestions;
  agent: Agent;
  memory: MemoryPart;
}

/** With what can be done to a conversation besides going on with it. */
type Talking = Conversing & ReturnType<typeof createPast>;

const createModel = (deps: AppDeps, core: Core, ownTools: (ownerId: string) => OwnTool[]): Model => {
  const { config, log, clock } = deps;
  const accounts = createAccountPart(deps, async () => {
    if (accounts.isDemo()) await deps.demo.start();
    await runtime.recycle();
  });
  const provider =
    deps.provider ??
    createClaudeProvider({
      settings: () => claudeSettings(config, accounts.credential()),
      ownTools,
      onStderr: (text) => log.debug({ text: text.slice(0, 2000) }, 'agent process'),
    });
  const transcripts = createTranscripts({ ...core, clock });
  const runtime = createRuntime({
    provider,
    transcripts,
    maxLive: config.agent.maxWorkers,
    idleMs: config.agent.idleMs,
    keepSpare: config.agent.keepSpare,
    onDiagnostic: (message, error) => log.warn({ err: error }, message),
  });
  return { accounts, provider, runtime, transcripts };
};

const createPast = ({ config, clock }: AppDeps, core: Core, parts: Conversing) => {
  const { accounts, agent, runtime, sessions, transcripts } = parts;
  const history = createSessionHistory(core.db.kysely);
  const cuts = createCuts({ history, transcripts, runtime });
  const { activeRun, whileIdle } = agent;
  const shared = { ...core, ...parts, clock, history, cuts, activeRun, whileIdle };
  const secrets = (): string[] => [...config.secrets, ...accounts.secrets()];
  return {
    branching: createBranches(shared),
    rewinds: createRewinds(shared),
    exports: createSessionExports({ db: core.db.kysely, clock, sessions, secrets }),
  };
};

const createApprovalPart = (
  { config, clock, log }: AppDeps,
  core: Core,
  continueParked: (runId: string) => Promise<unknown>,
): Approvals =>
  createApprovals({
    ...core,
    clock,
    expiresMs: config.agent.approvalMs,
    onSettled: ({ runId }) => {
      continueParked(runId).catch((error: unknown) => log.error({ err: error }, 'a parked run could not go on'));
    },
  });

const createTalking = async (deps: AppDeps, core: Core): Promise<Talking> => {
  const { config, clock, log, lifecycle } = deps;
  const ownCalls = createOwnCalls();
  const model = createModel(deps, core, (ownerId) => memory.tools(ownerId));
  const { accounts, runtime, transcripts } = model;
  const paths = createPathGuard(guardedPaths(config));
  const webhooks = createHttpWebhookSender({ allowedTargets: config.agent.webhookTargets });
  const { workspace } = config.paths;
  const requests = createRunRequests({
    paths,
    workspace,
    webhookProblem: webhooks.problemWith,
    personaOf: core.personas.textOf,
    withMemory: config.memory.enabled,
  });
  const runs = createRunStore({ ...core, clock, instanceId: newId(), leaseMs });
  const sessions: Sessions = createSessions({
    ...core,
    clock,
    activity: runs.activity,
    checkFolder: requests.folder,
    runsOf: runs.summaries,
    decisionsOf: (ownerId, runIds) => approvals.decisionsOf(ownerId, runIds),
    liveParts: (sessionId) => agent.liveParts(sessionId),
    settled: (sessionId) => agent.settled(sessionId),
    onRemove: (sessionId) => agent.stopSession(sessionId),
  });
  const approvals = createApprovalPart(deps, core, (runId) => agent.continueParked(runId));
  const noQuestions = createNoQuestions({
    audit: core.audit,
    holdsShellKey: (ownerId, text, ip) =>
      core.auth.confirms(text, { ownerId, permission: 'shell', ip: ip ?? undefined }),
  });
  const checkpoints = createCheckpoints({ ...core, clock, paths, blobDir: join(config.paths.dataDir, 'checkpoints') });
  const memory: MemoryPart = await createMemory(deps, core, { ...model, placeOf: ownCalls.take });
  const agent: Agent = createAgent({
    ...core,
    clock,
    log,
    sessions,
    approvals,
    checkpoints,
    paths,
    policy: createPolicy({ paths }),
    runs,
    runtime,
    webhooks,
    requests,
    isDemo: accounts.isDemo,
    noQuestions,
    permissionsOf: async (keyId) => (await core.auth.currentCaller(keyId))?.permissions ?? null,
    recorded: transcripts.recorded,
    ownCalls,
    memory: memory.chat,
    afterRun: { store: memory.chat.afterRun, wake: core.jobs.wake },
    parkMs: config.agent.parkMs,
  });
  lifecycle.onStop('runs', () => agent.stop(4_000));
  const conversing = { ...model, sessions, approvals, checkpoints, noQuestions, agent, memory };
  return { ...conversing, ...createPast(deps, core, conversing) };
};

const createHealthPart = (
  { config, clock }: AppDeps,
  { db, bus }: Core,
  { runtime, memory }: Talking,
): HealthService => {
  const redis = { name: 'redis', ping: () => bus.ping(), features: ['live_updates_across_servers'], critical: true };
  return createHealth({
    clock,
    probes: [
      { name: db.kind, ping: () => db.ping(), features: ['everything'], critical: true },
      ...(config.redis ? [redis] : []),
      ...memory.probes,
    ],
    lostFeatures: async () => [...(runtime.retryAfter() === null ? [] : ['chat']), ...(await memory.lostFeatures())],
  });
};

const createHttpPart = (deps: AppDeps, core: Core, talking: Talking, health: HealthService): HttpApp => {
  const { config, log, clock, lifecycle } = deps;
  const { auth, audit, events, limiter, personas } = core;
  const { agent, sessions, approvals, checkpoints, noQuestions, accounts, branching, rewinds } = talking;
  const metrics = createMetrics({ workers: talking.runtime.stats });
  return createHttpApp({
    authenticate: (credentials) => auth.authenticate(credentials),
    limiter,
    log,
    allowedHosts: [...config.server.allowedHosts, config.server.host],
    corsOrigins: config.server.corsOrigins,
    ...deps.http,
    idempotency: createIdempotency({ ...core, clock }),
    onRequest: metrics.request,
    web: createStaticWeb(deps.webDir),
    routes: (app) => {
      const live = { events, clock, onInvalidated: auth.onInvalidated };
      const talk = { ...live, agent, sessions, runEnd: agent.end };
      registerHealthRoutes(app, { health, isStopping: () => lifecycle.stopping, metrics: metrics.text });
      registerAuthRoutes(app, { auth, audit });
      registerAccountRoutes(app, { accounts, audit });
      registerTalkRoutes(app, talk);
      registerSessionRoutes(app, { sessions, branching, noQuestions });
      registerExportRoutes(app, { exports: talking.exports, log });
      registerSessionRunRoutes(app, { ...talk, approvals, checkpoints, rewinds });
      registerApprovalRoutes(app, { approvals });
      registerEventRoutes(app, live);
      registerMemoryRoutes(app, { ...talking.memory, log });
      registerPersonaRoutes(app, { personas, onChanged: (caller) => agent.prewarm(starterOf(caller, null)) });
      registerAuditRoutes(app, { audit });
      registerOpenApiRoutes(app, renderDocsPage);
      registerFrontPage(app);
    },
  });
};

export const createApp = async (deps: AppDeps): Promise<App> => {
  const { config } = deps;
  const core = await createCore(deps);
  const talking = await createTalking(deps, core);
  const health = createHealthPart(deps, core, talking);
  const http = createHttpPart(deps, core, talking, health);
  if (talking.accounts.isDemo()) await deps.demo.start();
  const first = await core.auth.ensureFirstKey({ adminKey: config.server.adminKey ?? undefined });
  await talking.agent.start();
  await talking.agent.recover(config.database.kind === 'sqlite');
  await core.jobs.start({ alone: config.database.kind === 'sqlite' });
  await talking.memory.start();
  keepTidy(deps, { ...core, ...talking });
  return { ...core, ...talking, http, health, firstKey: first.key ?? null, ownerId: first.ownerId };
};

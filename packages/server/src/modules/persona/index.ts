/**
 * How the assistant speaks to an owner: name, manner and wishes, put before the rules of the house that no persona
 * changes. In the database for several owners; on SQLite the first owner's persona is `persona.json` in the folder of
 * configuration, which may be edited by hand. Every change, by hand too, is a version that can be gone back to.
 *
 * A chat keeps the persona it began with: the agent writes the system prompt into the transcript at the first message
 * and sends the same one ever after, so that the model's cache holds, until the conversation is compacted. Copies of a
 * chat keep it too. A new persona is for chats that begin after it; the spare worker is started anew for them. Runs
 * cannot change a persona: they have no key, and the folder of configuration is closed to their tools.
 */
export { defaultPersonaText } from './render.ts';
export { registerPersonaRoutes } from './routes.ts';
export { createPersonas, type Personas } from './service.ts';

/** Ids and hashes. Ids are UUIDs of version 7: they sort by the time they were made, which keeps index pages together. */
import { createHash, randomUUIDv7 } from 'node:crypto';

export const newId = (): string => randomUUIDv7();

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Not for security: Redis names its scripts by it. */
export const sha1Hex = (data: string): string => createHash('sha1').update(data).digest('hex');

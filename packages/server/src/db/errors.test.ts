import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { isUniqueViolation, toAppError } from './errors.ts';

const failure = (fields: Record<string, unknown>, message = 'insert into "secrets" values ($1)'): Error =>
  Object.assign(new Error(message), fields);

describe('database errors', () => {
  it.each([
    ['a unique rule, PostgreSQL', failure({ code: '23505' }), 'CONFLICT'],
    ['a unique rule, SQLite', failure({ code: 'ERR_SQLITE_ERROR', errcode: 2067 }), 'CONFLICT'],
    ['a primary key, SQLite', failure({ code: 'ERR_SQLITE_ERROR', errcode: 1555 }), 'CONFLICT'],
    ['a full disk, SQLite', failure({ code: 'ERR_SQLITE_ERROR', errcode: 13 }), 'INSUFFICIENT_STORAGE'],
    ['a full disk, PostgreSQL', failure({ code: '53100' }), 'INSUFFICIENT_STORAGE'],
    ['a full disk, Node', failure({ code: 'ENOSPC' }), 'INSUFFICIENT_STORAGE'],
    ['a locked file', failure({ code: 'ERR_SQLITE_ERROR', errcode: 5 }), 'SERVICE_UNAVAILABLE'],
    ['a read-only disk', failure({ code: 'ERR_SQLITE_ERROR', errcode: 1032 }), 'SERVICE_UNAVAILABLE'],
    ['a refused connection', failure({ code: 'ECONNREFUSED' }), 'SERVICE_UNAVAILABLE'],
    ['a server that is going down', failure({ code: '57P01' }), 'SERVICE_UNAVAILABLE'],
    ['too many connections', failure({ code: '53300' }), 'SERVICE_UNAVAILABLE'],
    ['a deadlock', failure({ code: '40P01' }), 'SERVICE_UNAVAILABLE'],
    ['a statement that took too long', failure({ code: '57014' }), 'SERVICE_UNAVAILABLE'],
    ['a pool that is exhausted', failure({}, 'timeout exceeded when trying to connect'), 'SERVICE_UNAVAILABLE'],
    ['a lost connection', failure({}, 'Connection terminated unexpectedly'), 'SERVICE_UNAVAILABLE'],
    ['a damaged file', failure({ code: 'ERR_SQLITE_ERROR', errcode: 11 }), 'INTERNAL_ERROR'],
    ['a mistake in SQL', failure({ code: '42601' }), 'INTERNAL_ERROR'],
    ['something that is no error', 'text', 'INTERNAL_ERROR'],
    ['nothing', undefined, 'INTERNAL_ERROR'],
  ])('%s', (_, error, code) => {
    const result = toAppError(error);
    expect(result.code).toBe(code);
    expect(result.message).not.toContain('secrets');
    expect(result.retryAfter).toBe(code === 'SERVICE_UNAVAILABLE' ? 5 : undefined);
    expect(toAppError(result)).toBe(result);
  });

  it('tells a broken unique rule from a conflict somebody decided on', () => {
    expect(isUniqueViolation(toAppError(failure({ code: '23505' })))).toBe(true);
    expect(isUniqueViolation(new AppError('CONFLICT', 'decided'))).toBe(false);
    expect(isUniqueViolation(failure({ code: '42601' }))).toBe(false);
  });
});

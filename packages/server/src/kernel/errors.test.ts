import { describe, expect, it } from 'vitest';
import { AppError, isAppError } from './errors.ts';

describe('AppError', () => {
  it('carries what callers need and keeps the cause for the log', () => {
    const cause = new Error('select * from secrets');
    const error = new AppError('SERVICE_UNAVAILABLE', 'Try later', { cause, retryAfter: 5, details: { part: 'x' } });
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 5, details: { part: 'x' }, cause });
    expect(error.message).toBe('Try later');
  });

  it('is told from other errors, and by its code', () => {
    expect(isAppError(new AppError('CONFLICT', 'x'))).toBe(true);
    expect(isAppError(new AppError('CONFLICT', 'x'), 'CONFLICT')).toBe(true);
    expect(isAppError(new AppError('CONFLICT', 'x'), 'NOT_FOUND')).toBe(false);
    expect(isAppError({ code: 'CONFLICT' })).toBe(false);
    expect(isAppError(undefined)).toBe(false);
  });
});

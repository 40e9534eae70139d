/**
 * Failures on their way to a person at the terminal: what happened, and what to do. Commands throw `CliError` for what
 * they foresee; everything else is put into words here, without stack traces.
 */
import { ConfigError } from '../config.ts';
import { isAppError } from '../kernel/errors.ts';

export class CliError extends Error {
  readonly fix: string;

  constructor(message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.fix = fix;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'this user may not do it',
  EPERM: 'this user may not do it',
  EROFS: 'the file system is read-only',
  ENOENT: 'it does not exist',
  EBUSY: 'it is in use, or a mount point',
  EXDEV: 'it is a mount point',
};

const isNodeError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;

/** A file system error in words, for example `/data/x: the disk is full`. */
export const reasonOf = (error: unknown): string => {
  if (!isNodeError(error)) return error instanceof Error ? error.message : String(error);
  const reason = reasons[error.code ?? ''];
  if (reason === undefined) return error.message;
  return error.path === undefined ? reason : `${error.path}: ${reason}`;
};

const fixOf = (error: unknown): string => {
  if (isAppError(error, 'SERVICE_UNAVAILABLE')) return 'Check that the database runs and that DATABASE_URL is right.';
  if (isAppError(error, 'INSUFFICIENT_STORAGE')) return 'Make room on the disk and try again.';
  if (isNodeError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    return 'Make room on the disk and try again.';
  if (isNodeError(error) && (error.code === 'EACCES' || error.code === 'EPERM'))
    return 'Run the command as the user that owns the data of Hearth.';
  return 'Run "hearth doctor" to see what is wrong.';
};

export const describeFailure = (error: unknown): string => {
  if (error instanceof ConfigError)
    return `${error.message}\nCorrect these variables in the environment or in .env and try again.`;
  if (error instanceof CliError) return `${error.message}\n${error.fix}`;
  if (isAppError(error)) return `${error.message.replace(/([^.!?])$/, '$1.')}\n${fixOf(error)}`;
  return `It did not work: ${reasonOf(error)}.\n${fixOf(error)}`;
};

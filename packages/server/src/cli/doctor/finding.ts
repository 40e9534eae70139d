/** What the doctor says about one thing. An error keeps Hearth from working; a warning is something to know or mend. */
export type Level = 'ok' | 'warning' | 'error';

export interface Finding {
  /** Stable, for scripts: `database.damaged`. */
  id: string;
  level: Level;
  title: string;
  /** Empty when all is well. */
  cause: string;
  fix: string;
}

export const ok = (id: string, title: string): Finding => ({ id, level: 'ok', title, cause: '', fix: '' });

type Trouble = Omit<Finding, 'level'>;
export const warning = (trouble: Trouble): Finding => ({ level: 'warning', ...trouble });
export const error = (trouble: Trouble): Finding => ({ level: 'error', ...trouble });

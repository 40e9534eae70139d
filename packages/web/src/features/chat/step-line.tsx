'use client';
/** One step on the rail: a line that says verb, object and time, and opens to what went in and came out. */
import { clsx } from 'clsx';
import { type ReactNode, useId, useState } from 'react';
import { icons } from '../../ui/icons.tsx';

export type MarkState = 'running' | 'done' | 'waiting' | 'failed' | 'stopped';

const markWords: Record<MarkState, string> = {
  running: 'Running',
  done: 'Done',
  waiting: 'Waits for you',
  failed: 'Failed',
  stopped: 'Stopped',
};

export const Mark = ({ state }: { state: MarkState }) => (
  <span className="rail-mark" data-state={state} role="img" aria-label={markWords[state]} />
);

interface StepLineProps {
  state: MarkState;
  verb: string;
  object?: string;
  isCode?: boolean;
  time?: string | null;
  /** Shown under the line without opening it: why it failed. */
  below?: ReactNode;
  /** What it opens to; called only while it is open. */
  detail?: () => ReactNode;
  startsOpen?: boolean;
}

const Label = ({ state, verb, object, isCode, time }: StepLineProps) => (
  <>
    <span className="min-w-0 flex-1 truncate text-left">
      <span className={clsx('font-semibold', state === 'failed' && 'text-danger')}>
        {state === 'failed' ? 'Failed: ' : ''}
        {verb}
      </span>{' '}
      {object ? <span className={clsx(isCode ? 'font-mono text-label' : '')}>{object}</span> : null}
    </span>
    {time ? <span className="shrink-0 text-label text-ink-3 tabular-nums">{time}</span> : null}
  </>
);

export const StepLine = (props: StepLineProps) => {
  const [isOpen, setOpen] = useState(props.startsOpen ?? false);
  const id = useId();
  const { detail } = props;
  const lineClass = 'flex min-h-11 w-full items-center gap-2 text-list text-ink-2';
  return (
    <div className="rail-step" data-anchor={true}>
      <Mark state={props.state} />
      {detail ? (
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          onClick={() => setOpen(!isOpen)}
          className={clsx(lineClass, 'hover:text-ink')}
        >
          <Label {...props} />
          <icons.down
            size={16}
            className={clsx('shrink-0 transition-transform duration-120', isOpen && 'rotate-180')}
          />
        </button>
      ) : (
        <div className={lineClass}>
          <Label {...props} />
        </div>
      )}
      {props.below}
      {isOpen && detail ? (
        <div id={id} className="pb-3">
          {detail()}
        </div>
      ) : null}
    </div>
  );
};

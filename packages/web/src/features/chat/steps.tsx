'use client';
/** Steps on one rail. Finished ones fold into a line once there are more than a few; failures stay outside. */
import { clsx } from 'clsx';
import { useState } from 'react';
import { icons } from '../../ui/icons.tsx';
import { useChat } from './chat-context.ts';
import { between } from './model/time.ts';
import { isFailed } from './model/tools.ts';
import type { Step } from './model/turns.ts';
import { Mark, StepLine } from './step-line.tsx';
import { ToolStep } from './tool-step.tsx';

const shownUnfolded = 3;

const StepView = ({ step, isOver }: { step: Step; isOver: boolean }) => {
  if (step.kind === 'tool') {
    const nested = () => (step.steps.length > 0 ? <Steps steps={step.steps} isOver={step.result !== null} /> : null);
    return <ToolStep step={step} isOver={isOver} nested={nested} />;
  }
  if (step.kind === 'thinking') {
    return (
      <StepLine
        state="done"
        verb="Thought about it"
        detail={() => <p className="measure text-list whitespace-pre-wrap text-ink-2">{step.text}</p>}
      />
    );
  }
  return (
    <div className="rail-step py-2" data-anchor={true}>
      <Mark state="done" />
      <p className="text-list text-ink-2">{step.text}</p>
    </div>
  );
};

/** What must not disappear in a folded line. */
const staysOut = (step: Step, isPending: (toolUseId: string) => boolean): boolean =>
  step.kind === 'tool' && (isFailed(step.result) || step.result === null || isPending(step.use.id));

const workedFor = (steps: readonly Step[]): string => {
  const timed = steps.filter((step) => step.kind !== 'notice');
  const last = steps.findLast((step) => step.kind === 'tool' && step.endedAt !== null);
  const from = timed[0]?.at;
  const span = from && last?.kind === 'tool' ? between(from, last.endedAt) : null;
  return `${steps.length} steps${span ? `, ${span}` : ''}`;
};

export const Steps = ({ steps, isOver }: { steps: readonly Step[]; isOver: boolean }) => {
  const [isOpen, setOpen] = useState(false);
  const { approvalOf } = useChat();
  const isPending = (id: string): boolean => approvalOf(id)?.status === 'pending';
  const folded = isOver ? steps.filter((step) => !staysOut(step, isPending)) : [];
  const folds = folded.length > shownUnfolded;
  return (
    <div className="rail my-2">
      {folds ? (
        <div className="rail-step" data-anchor={true}>
          <Mark state="done" />
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
            className="flex min-h-11 w-full items-center gap-2 text-list text-ink-2 hover:text-ink"
          >
            <span className="flex-1 text-left">
              <span className="font-semibold">Worked through</span> {workedFor(folded)}
            </span>
            <icons.down size={16} className={clsx('transition-transform duration-120', isOpen && 'rotate-180')} />
          </button>
        </div>
      ) : null}
      {steps
        .filter((step) => !folds || isOpen || !folded.includes(step))
        .map((step) => (
          <StepView key={step.key} step={step} isOver={isOver} />
        ))}
    </div>
  );
};

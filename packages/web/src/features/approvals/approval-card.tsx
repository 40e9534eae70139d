'use client';
/** A step that waits for a person: what exactly will happen, how risky it is, and the decision. */
import type { Approval, Decision } from '@hearth/contract';
import { lazy, Suspense, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { CodeBox } from '../../ui/scrollable.tsx';
import { dayAndTime } from '../chat/model/time.ts';
import { inputText } from '../chat/model/tools.ts';
import { HoldButton } from './hold-button.tsx';
import { QuestionCard } from './question-card.tsx';
import { useArmed } from './use-armed.ts';
import { type Deciding, useDecide } from './use-decide.ts';

const MoreDecisions = lazy(() => import('./more-decisions.tsx').then((m) => ({ default: m.MoreDecisions })));

const riskWords: Record<Approval['risk'], string> = { low: 'Low risk', medium: 'Some risk', high: 'High risk' };

const expiry = (iso: string): string => `Open until ${dayAndTime(iso).replace('Tomorrow', 'tomorrow')}`;

const Facts = ({ approval, position }: { approval: Approval; position: string | null }) => (
  <>
    <div className="flex items-baseline gap-3">
      <h3 className="min-w-0 flex-1 text-body font-semibold">{approval.title}</h3>
      {position ? <span className="shrink-0 text-label text-ink-2">{position}</span> : null}
    </div>
    <CodeBox label="Exactly this" className="mt-2 max-h-60">
      {inputText({ name: approval.tool, input: approval.input }).slice(0, 20_000)}
    </CodeBox>
    <p className="mt-2 text-label text-ink-2">
      <span className={approval.risk === 'high' ? 'font-semibold text-danger' : 'font-semibold'}>
        {riskWords[approval.risk]}
      </span>
      {approval.risk_reason ? `: ${approval.risk_reason}` : ''}
      {' · '}
      {expiry(approval.expires_at)}
    </p>
  </>
);

const sendingWords: Record<Decision['decision'], string> = {
  allow: 'Sending',
  allow_always: 'Sending',
  deny: 'Sending',
};

interface ButtonsProps {
  approval: Approval;
  deciding: Deciding;
  offline: boolean;
  isArmed: () => boolean;
}

const Buttons = ({ approval, deciding, offline, isArmed }: ButtonsProps) => {
  const [isMoreOpen, setMoreOpen] = useState(false);
  const { sending, decide } = deciding;
  const send = (decision: Decision): void => {
    if (isArmed()) void decide(decision);
  };
  return (
    <>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button disabled={offline} busy={sending === 'deny'} onClick={() => send({ decision: 'deny' })}>
          {sending === 'deny' ? sendingWords.deny : 'Deny'}
        </Button>
        {approval.risk === 'high' && !offline ? (
          <HoldButton
            label={sending === 'allow' ? sendingWords.allow : 'Allow once'}
            busy={sending === 'allow'}
            onConfirm={() => send({ decision: 'allow' })}
          />
        ) : (
          <Button tone="attn" disabled={offline} busy={sending === 'allow'} onClick={() => send({ decision: 'allow' })}>
            {sending === 'allow' ? sendingWords.allow : 'Allow once'}
          </Button>
        )}
        <Button tone="quiet" disabled={offline || sending !== null} onClick={() => setMoreOpen(true)}>
          More
        </Button>
      </div>
      {offline ? <p className="mt-2 text-label text-ink-2">Deciding needs a connection.</p> : null}
      {isMoreOpen ? (
        <Suspense fallback={null}>
          <MoreDecisions approval={approval} deciding={deciding} onClose={() => setMoreOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
};

interface ApprovalCardProps {
  approval: Approval;
  /** "1 of 3" when several wait. */
  position?: string | null;
  offline: boolean;
}

export const ApprovalCard = ({ approval, position = null, offline }: ApprovalCardProps) => {
  const ref = useRef<HTMLDivElement>(null);
  const isArmed = useArmed(ref);
  const deciding = useDecide(approval);
  return (
    <section
      ref={ref}
      aria-label={`Needs you: ${approval.title}`}
      data-approval={approval.id}
      data-anchor={true}
      className="my-3 rounded-card border border-attn bg-attn-soft p-4"
    >
      {approval.kind === 'question' ? (
        <QuestionCard approval={approval} deciding={deciding} offline={offline} isArmed={isArmed} position={position} />
      ) : (
        <>
          <Facts approval={approval} position={position} />
          <Buttons approval={approval} deciding={deciding} offline={offline} isArmed={isArmed} />
        </>
      )}
      {deciding.problem ? (
        <p role="alert" className="mt-2 text-label text-danger">
          {deciding.problem}
        </p>
      ) : null}
    </section>
  );
};

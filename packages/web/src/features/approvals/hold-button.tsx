'use client';
/**
 * For what cannot be taken back: keep pressing to confirm. By keyboard, switch or screen reader the same takes two
 * activations, because nothing can be held there.
 */
import { clsx } from 'clsx';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';

const holdMs = 800;

interface HoldButtonProps {
  label: string;
  busy: boolean;
  onConfirm: () => void;
}

export const HoldButton = ({ label, busy, onConfirm }: HoldButtonProps) => {
  const [phase, setPhase] = useState<'idle' | 'holding' | 'hint' | 'asked'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const byPointer = useRef(false);
  useEffect(() => () => clearTimeout(timer.current), []);
  const release = (): void => {
    clearTimeout(timer.current);
    setPhase((old) => (old === 'holding' ? 'hint' : old));
  };
  const words = {
    idle: `Hold to ${label.toLowerCase()}`,
    holding: 'Keep holding',
    hint: 'Hold longer',
    asked: `Press again to ${label.toLowerCase()}`,
  };
  return (
    <Button
      tone="danger"
      busy={busy}
      className={clsx('relative touch-none overflow-hidden select-none', phase === 'holding' && 'hold')}
      onPointerDown={(event) => {
        if (busy || event.button !== 0) return;
        byPointer.current = true;
        setPhase('holding');
        timer.current = setTimeout(() => {
          setPhase('idle');
          onConfirm();
        }, holdMs);
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      onClick={() => {
        if (byPointer.current) {
          byPointer.current = false;
          return;
        }
        if (phase === 'asked') {
          setPhase('idle');
          onConfirm();
        } else setPhase('asked');
      }}
    >
      <span className="relative">{words[phase]}</span>
    </Button>
  );
};

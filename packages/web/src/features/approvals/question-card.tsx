'use client';
import type { Approval } from '@hearth/contract';
import { useId, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import type { Deciding } from './use-decide.ts';

interface QuestionProps {
  approval: Approval;
  deciding: Deciding;
  offline: boolean;
  isArmed: () => boolean;
  position: string | null;
}

interface Option {
  label: string;
  description: string;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The options of the first question; free text answers whatever was asked. */
const optionsOf = (approval: Approval): Option[] => {
  const { questions, options } = approval.input;
  const given = Array.isArray(questions) ? asRecord(questions[0]).options : options;
  if (!Array.isArray(given)) return [];
  return given
    .map((option) => ({ label: asText(asRecord(option).label), description: asText(asRecord(option).description) }))
    .filter((option) => option.label !== '');
};

export const QuestionCard = ({ approval, deciding, offline, isArmed, position }: QuestionProps) => {
  const [text, setText] = useState('');
  const id = useId();
  const busy = deciding.sending !== null;
  const send = (answer: string): void => {
    if (answer.trim() !== '' && isArmed()) void deciding.answer(answer.trim());
  };
  return (
    <>
      <div className="flex items-baseline gap-3">
        <h3 className="min-w-0 flex-1 text-body font-semibold">{approval.title}</h3>
        {position ? <span className="shrink-0 text-label text-ink-2">{position}</span> : null}
      </div>
      <div className="mt-3 flex flex-col gap-2">
        {optionsOf(approval).map((option) => (
          <Button
            key={option.label}
            disabled={offline || busy}
            onClick={() => send(option.label)}
            className="!justify-start py-2 text-left"
          >
            <span>
              <span className="block">{option.label}</span>
              {option.description ? (
                <span className="block text-label font-normal text-ink-2">{option.description}</span>
              ) : null}
            </span>
          </Button>
        ))}
      </div>
      <label htmlFor={id} className="mt-3 block text-label font-semibold text-ink-2">
        Or in your own words
      </label>
      <div className="mt-1 flex gap-2">
        <input
          id={id}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="tap min-w-0 flex-1 rounded-button border border-line-strong bg-surface px-3"
        />
        <Button
          disabled={offline || text.trim() === ''}
          busy={deciding.sending === 'answer'}
          onClick={() => send(text)}
        >
          Answer
        </Button>
      </div>
      {offline ? <p className="mt-2 text-label text-ink-2">Answering needs a connection.</p> : null}
    </>
  );
};

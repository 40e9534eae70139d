'use client';
import { newId } from '@hearth/client';
import type { Approval, JsonObject } from '@hearth/contract';
import { useId, useState } from 'react';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import type { Deciding } from './use-decide.ts';

interface Props {
  approval: Approval;
  deciding: Deciding;
  onClose: () => void;
}

type Part = { value: JsonObject } | { problem: string };

const parseInput = (text: string): Part => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { problem: 'This must be an object: { … }' };
    return { value: { ...value } };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'This cannot be read' };
  }
};

const areaClass = 'min-h-32 w-full rounded-button border border-line-strong bg-bg p-3';

/** A command is edited as itself, anything else as what the tool is given. */
const EditFirst = ({ approval, deciding, onClose }: Props) => {
  const command =
    approval.tool === 'Bash' && typeof approval.input.command === 'string' ? approval.input.command : null;
  const [text, setText] = useState(command ?? JSON.stringify(approval.input, null, 2));
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();
  const allow = async (): Promise<void> => {
    const parsed: Part = command === null ? parseInput(text) : { value: { ...approval.input, command: text } };
    if ('problem' in parsed) return setProblem(parsed.problem);
    if (await deciding.decide({ decision: 'allow', edited_input: parsed.value })) onClose();
  };
  return (
    <div className="flex flex-col gap-2">
      <label htmlFor={id} className="text-list font-semibold">
        Change it first
      </label>
      <textarea
        id={id}
        value={text}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setText(event.target.value)}
        className={`${areaClass} font-mono`}
      />
      {problem ? (
        <p role="alert" className="text-label text-danger">
          {problem}
        </p>
      ) : null}
      <Button busy={deciding.sending === 'allow'} onClick={() => void allow()}>
        Allow the changed one once
      </Button>
    </div>
  );
};

/** "No" with a reason: the run hears the denial, then the words. */
const DenyWithWords = ({ approval, deciding, onClose }: Props) => {
  const { outbox } = useHearth();
  const [text, setText] = useState('');
  const id = useId();
  const deny = async (): Promise<void> => {
    if (!(await deciding.decide({ decision: 'deny' }))) return;
    outbox.send({ id: newId(), chat: approval.session_id, text: text.trim(), images: [], settings: {} }, 'now');
    onClose();
  };
  return (
    <div className="flex flex-col gap-2">
      <label htmlFor={id} className="text-list font-semibold">
        Deny and say what to do instead
      </label>
      <textarea id={id} value={text} onChange={(event) => setText(event.target.value)} className={areaClass} />
      <Button disabled={text.trim() === ''} busy={deciding.sending === 'deny'} onClick={() => void deny()}>
        Deny and send
      </Button>
    </div>
  );
};

export const MoreDecisions = (props: Props) => {
  const { deciding, onClose } = props;
  const always = async (): Promise<void> => {
    if (await deciding.decide({ decision: 'allow_always' })) onClose();
  };
  return (
    <Sheet open={true} onClose={onClose} title="More ways to decide">
      <div className="flex flex-col gap-8">
        <div className="flex flex-col gap-2">
          <Button busy={deciding.sending === 'allow_always'} onClick={() => void always()}>
            Always allow exactly this
          </Button>
          <p className="text-label text-ink-2">
            The same tool with exactly the same input will not ask again. You can take it back in the settings.
          </p>
        </div>
        <EditFirst {...props} />
        <DenyWithWords {...props} />
        {deciding.problem ? (
          <p role="alert" className="text-label text-danger">
            {deciding.problem}
          </p>
        ) : null}
      </div>
    </Sheet>
  );
};

'use client';
import type { StepDecision } from '@hearth/contract';
import { type ReactNode, useState } from 'react';
import { client } from '../../lib/hearth.ts';
import { problemOf } from '../../lib/store/store.ts';
import { Button } from '../../ui/button.tsx';
import { CodeBox } from '../../ui/scrollable.tsx';
import { useChat } from './chat-context.ts';
import { between, clockTime } from './model/time.ts';
import { failureReason, inputText, isFailed, resultText, type ToolWords, toolWords } from './model/tools.ts';
import type { Step, ToolStep as ToolStepModel } from './model/turns.ts';
import { type MarkState, StepLine } from './step-line.tsx';

/** More than this is not put on the page, however it came. */
const shownChars = 65_536;

const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

interface BodyProps {
  label: string;
  text: string;
  cutBytes: number | undefined;
  load: () => Promise<string>;
}

/** Text of a tool; what the server cut is fetched when asked for. */
const Body = ({ label, text, cutBytes, load }: BodyProps) => {
  const [whole, setWhole] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const download = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      setWhole(await load());
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const shown = (whole ?? text).slice(0, shownChars);
  const isCut = cutBytes !== undefined || text.length > shownChars;
  return (
    <div className="pt-1">
      <p className="text-small text-ink-3">{label}</p>
      <CodeBox label={label} className="max-h-80">
        {shown === '' ? 'Nothing' : shown}
      </CodeBox>
      {isCut ? (
        <div className="flex flex-wrap items-center gap-2 pt-1 text-label text-ink-2">
          <span>
            The first {size(shown.length)} of {size(cutBytes ?? text.length)}.
          </span>
          {whole === null ? (
            <Button tone="quiet" busy={isBusy} onClick={() => void download()}>
              Get all of it
            </Button>
          ) : (
            <Button tone="quiet" onClick={() => save(whole)}>
              Save as a file
            </Button>
          )}
          {problem ? <span className="text-danger">{problem}</span> : null}
        </div>
      ) : null}
    </div>
  );
};

const save = (text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'result.txt';
  link.click();
  URL.revokeObjectURL(url);
};

const Detail = ({ step, nested }: { step: ToolStepModel; nested: ReactNode }) => {
  const { chatId } = useChat();
  const { use, result } = step;
  const loadBlock = async (messageId: string, index: number) =>
    (await client.sessions.block(chatId, messageId, index)).block;
  return (
    <div className="flex flex-col gap-1">
      <Body
        label="Asked"
        text={inputText(use)}
        cutBytes={use.truncated_bytes}
        load={async () => {
          const block = await loadBlock(step.messageId, step.blockIndex);
          return block.type === 'tool_use' ? inputText(block) : '';
        }}
      />
      {result ? (
        <Body
          label="Answered"
          text={resultText(result)}
          cutBytes={result.truncated_bytes}
          load={async () => {
            const block = await loadBlock(step.resultMessageId ?? '', step.resultIndex);
            return block.type === 'tool_result' ? resultText(block) : '';
          }}
        />
      ) : null}
      {nested}
    </div>
  );
};

const decisionWords: Record<StepDecision['status'], string> = {
  pending: '',
  allowed: 'Allowed',
  denied: 'Denied',
  expired: 'Nobody decided in time',
  cancelled: 'Called off',
  answered: 'Answered',
};

const settledWords = (approval: StepDecision): string => {
  const who = approval.decided_by === null ? '' : ` by ${approval.decided_by}`;
  const when = approval.decided_at === null ? '' : `, ${clockTime(approval.decided_at)}`;
  return `${decisionWords[approval.status]}${who}${when}`;
};

const lastWords = (steps: readonly Step[]): string | null => {
  const last = steps.at(-1);
  if (last?.kind !== 'tool') return null;
  const words = toolWords(last.use);
  return `${words.done} ${words.object}`;
};

const stateOf = (step: ToolStepModel, isOver: boolean, approval: StepDecision | undefined): MarkState => {
  if (isFailed(step.result)) return 'failed';
  if (step.result) return 'done';
  if (approval?.status === 'pending') return 'waiting';
  return isOver ? 'stopped' : 'running';
};

/** Under the line, without opening it: what a person must not miss. */
const below = (step: ToolStepModel, approval: StepDecision | undefined, retry: () => void): ReactNode => (
  <>
    {approval && approval.status !== 'pending' ? (
      <p className="-mt-1 pb-2 text-label text-ink-3">{settledWords(approval)}</p>
    ) : null}
    {step.result && isFailed(step.result) ? (
      <div className="-mt-1 flex flex-wrap items-center gap-x-3 pb-2 text-label text-ink-2">
        <span className="min-w-0 flex-1">{failureReason(step.result)}</span>
        <Button tone="quiet" onClick={retry}>
          Retry
        </Button>
      </div>
    ) : null}
    {step.result === null && step.steps.length > 0 ? (
      <p className="-mt-1 truncate pb-2 text-label text-ink-3">{lastWords(step.steps)}</p>
    ) : null}
  </>
);

const verbs: Record<MarkState, (words: ToolWords) => string> = {
  done: (words) => words.done,
  failed: (words) => words.done,
  running: (words) => words.running,
  waiting: (words) => words.wanted,
  stopped: (words) => words.running,
};

interface ToolStepProps {
  step: ToolStepModel;
  isOver: boolean;
  /** What a subagent did, drawn by whoever draws steps. */
  nested: () => ReactNode;
}

export const ToolStep = ({ step, isOver, nested }: ToolStepProps) => {
  const { approvalOf, say } = useChat();
  const approval = approvalOf(step.use.id);
  const words = toolWords(step.use);
  const state = stateOf(step, isOver, approval);
  const count = step.steps.filter((one) => one.kind === 'tool').length;
  const time = between(step.at, step.endedAt);
  return (
    <StepLine
      state={state}
      verb={verbs[state](words)}
      object={words.object}
      isCode={words.isCode}
      time={[count > 0 ? `${count} steps` : null, time].filter(Boolean).join(', ') || null}
      below={below(step, approval, () => say(`That step failed (${words.done} ${words.object}). Please try it again.`))}
      detail={() => <Detail step={step} nested={nested()} />}
    />
  );
};

'use client';
/** One turn: what the person said in a tinted block, what was done about it on the page and on the rail. */
import type { Message } from '@hearth/contract';
import { lazy, memo, Suspense, useState } from 'react';
import { copyText } from '../../lib/copy-text.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Markdown } from '../markdown/index.ts';
import { useChat } from './chat-context.ts';
import { shortPath } from './model/tools.ts';
import type { ImageBlock, Turn } from './model/turns.ts';
import { StepLine } from './step-line.tsx';
import { Steps } from './steps.tsx';

const MemoriesUsed = lazy(() => import('./memories-used.tsx').then((m) => ({ default: m.MemoriesUsed })));
const TurnMenu = lazy(() => import('./turn-menu.tsx').then((m) => ({ default: m.TurnMenu })));

export const messageText = (message: Pick<Message, 'content'>): string =>
  message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');

const imageUrl = (image: ImageBlock): string | null => {
  if (image.source === 'base64') return `data:${image.media_type};base64,${image.data}`;
  // Pictures of our own server only: nothing is fetched because a message says so.
  return image.data.startsWith('/api/v1/') ? image.data : null;
};

export const Pictures = ({ images }: { images: readonly ImageBlock[] }) =>
  images.length === 0 ? null : (
    <div className="mb-2 flex flex-wrap gap-2">
      {images.map((image, index) => {
        const url = imageUrl(image);
        return url === null ? (
          <span key={image.data} className="text-label text-ink-2">
            Picture from the web
          </span>
        ) : (
          // biome-ignore lint/performance/noImgElement: a static export has no image server
          <img
            key={image.data}
            src={url}
            alt={`Attachment ${index + 1} of this message`}
            loading="lazy"
            className="size-24 rounded-button object-cover"
          />
        );
      })}
    </div>
  );

const UserBlock = ({ message }: { message: Message }) => {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const images = message.content.filter((block): block is ImageBlock => block.type === 'image');
  const text = messageText(message);
  return (
    <div data-anchor={true} className="flex items-start gap-1 rounded-card bg-me py-1 pr-1 pl-4">
      <div className="min-w-0 flex-1 py-2">
        <Pictures images={images} />
        <p className="measure whitespace-pre-wrap" data-message-text={true}>
          {text}
        </p>
      </div>
      <IconButton label="More for this message" onClick={() => setMenuOpen(true)}>
        <icons.more />
      </IconButton>
      {isMenuOpen ? (
        <Suspense fallback={null}>
          <TurnMenu messageId={message.id} text={text} sentAt={message.created_at} onClose={() => setMenuOpen(false)} />
        </Suspense>
      ) : null}
    </div>
  );
};

const CopyAnswer = ({ turn }: { turn: Turn }) => {
  const [isCopied, setCopied] = useState(false);
  const text = turn.items.flatMap((item) => (item.kind === 'text' ? [item.text] : [])).join('\n\n');
  if (text === '') return null;
  return (
    <Button
      tone="quiet"
      className="-ml-3 !px-3 text-label font-normal !text-ink-2"
      icon={isCopied ? <icons.check size={16} /> : <icons.copy size={16} />}
      onClick={() => {
        void copyText(text).then(setCopied);
      }}
    >
      <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
    </Button>
  );
};

/** How the run ended, when it did not simply end well. */
const Ending = ({ turn }: { turn: Turn }) => {
  const { say } = useChat();
  const { run, user } = turn;
  if (run?.status === 'failed') {
    return (
      <div className="rail my-2">
        <StepLine
          state="failed"
          verb="The answer broke off"
          below={
            <div className="-mt-1 flex flex-wrap items-center gap-x-3 pb-2 text-label text-ink-2">
              <span className="min-w-0 flex-1">{run.error?.message ?? 'Something went wrong on the way.'}</span>
              {user ? (
                <Button tone="quiet" onClick={() => say(messageText(user))}>
                  Retry
                </Button>
              ) : null}
            </div>
          }
        />
      </div>
    );
  }
  const isStopped = run?.status === 'interrupted' || (turn.isInterrupted && run?.status !== 'running');
  if (!isStopped) return null;
  return (
    <div className="rail my-2">
      <StepLine state="stopped" verb="Stopped" />
    </div>
  );
};

/** Changed files can become what they were before this turn. */
const CheckpointStep = ({ turn }: { turn: Turn }) => {
  const { checkpointOf, restoreFiles } = useChat();
  const checkpoint = turn.run ? checkpointOf(turn.run.id) : undefined;
  if (!checkpoint) return null;
  const { files } = checkpoint;
  return (
    <div className="rail my-2">
      <StepLine
        state="done"
        verb="Checkpoint"
        object={
          files.length === 1 ? `before ${shortPath(files[0] ?? '')} changed` : `before ${files.length} files changed`
        }
        detail={() => (
          <div className="flex flex-col items-start gap-2">
            <ul className="font-mono text-label text-ink-2">
              {files.map((file) => (
                <li key={file}>{file}</li>
              ))}
            </ul>
            <Button onClick={() => restoreFiles(checkpoint.id)}>Go back to before this</Button>
          </div>
        )}
      />
    </div>
  );
};

export const TurnView = memo(function TurnView({
  turn,
  isOver,
  position,
}: {
  turn: Turn;
  isOver: boolean;
  position: number;
}) {
  return (
    // What is being written follows without a gap, so that it stays in place when it becomes part of the turn.
    <article className={isOver ? 'turn py-3' : 'turn pt-3'} data-turn={turn.id} aria-label={`Turn ${position}`}>
      <h2 className="sr-only">{turn.user ? `You: ${messageText(turn.user).slice(0, 80)}` : 'Earlier'}</h2>
      {turn.user ? <UserBlock message={turn.user} /> : null}
      {turn.items.map((item) =>
        item.kind === 'text' ? (
          <div key={item.key} data-anchor={true} data-answer={true} className="pt-3">
            <Markdown text={item.text} live={false} />
          </div>
        ) : (
          <Steps key={item.key} steps={item.steps} isOver={isOver} />
        ),
      )}
      {isOver ? <CheckpointStep turn={turn} /> : null}
      <Ending turn={turn} />
      {isOver ? (
        <div className="flex flex-wrap">
          <CopyAnswer turn={turn} />
          {/* Copies made by an earlier version of the app do not know them. */}
          {turn.run?.memories_used?.length ? (
            <Suspense fallback={null}>
              <MemoriesUsed ids={turn.run.memories_used} />
            </Suspense>
          ) : null}
        </div>
      ) : null}
    </article>
  );
});

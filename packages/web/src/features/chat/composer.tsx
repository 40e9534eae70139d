'use client';
/** Where a message is written. Return is a newline on touch and sends on a keyboard; focus never moves by itself. */
import { newId } from '@hearth/client';
import type { PermissionMode } from '@hearth/contract';
import { clsx } from 'clsx';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { OutboxItem } from '../../lib/outbox.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { modeNames } from './modes.ts';
import { type Attach, useAttach } from './use-attach.ts';
import { type DraftState, useDraft } from './use-draft.ts';

export interface ComposerProps {
  chatId: string;
  /** The chat that a first message makes. */
  sendAs: string | null;
  isBusy: boolean;
  mode: PermissionMode;
  settings: OutboxItem['settings'];
  onMode: () => void;
  onStop: () => Promise<void>;
  onSent: (id: string) => void;
  placeholder: string;
}

const isTouch = (): boolean => window.matchMedia('(pointer: coarse)').matches;

/** Grows with its text up to a share of the screen, then scrolls. */
const useGrowing = (text: string, isWhole: boolean) => {
  const ref = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.style.height = '';
    if (!isWhole) area.style.height = `${area.scrollHeight}px`;
  }, [text, isWhole]);
  return ref;
};

const Thumbnails = ({ draft }: { draft: DraftState }) =>
  draft.images.length === 0 ? null : (
    <ul className="flex flex-wrap gap-2 px-3 pt-3">
      {draft.images.map((image, index) => (
        <li key={image.data} className="relative">
          {/* biome-ignore lint/performance/noImgElement: a picture that exists only on this page */}
          <img
            src={`data:${image.media_type};base64,${image.data}`}
            alt={`Attachment ${index + 1}`}
            className="size-16 rounded-code object-cover"
          />
          <IconButton
            label={`Remove picture ${index + 1}`}
            className="absolute -top-3 -right-3 [&>svg]:rounded-full [&>svg]:bg-ink [&>svg]:p-0.5 [&>svg]:text-bg"
            onClick={() => draft.set({ text: draft.text, images: draft.images.filter((_, at) => at !== index) })}
          >
            <icons.close size={20} />
          </IconButton>
        </li>
      ))}
    </ul>
  );

const FileButton = ({
  label,
  camera,
  onFiles,
  children,
}: {
  label: string;
  camera?: boolean;
  onFiles: (files: File[]) => void;
  children: ReactNode;
}) => {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden={true}
        aria-label={label}
        {...(camera ? { capture: 'environment' as const } : { multiple: true })}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <IconButton label={label} onClick={() => input.current?.click()}>
        {children}
      </IconButton>
    </>
  );
};

/** It takes the place of Send: the second tap of a double tap must not stop what the first one began. */
const stopAfterMs = 400;

const StopButton = ({ onStop }: { onStop: () => Promise<void> }) => {
  const [isStopping, setStopping] = useState(false);
  const [since] = useState(() => performance.now());
  return (
    <Button
      busy={isStopping}
      icon={<icons.stop size={16} />}
      onClick={() => {
        if (performance.now() - since < stopAfterMs) return;
        setStopping(true);
        void onStop().finally(() => setStopping(false));
      }}
    >
      {isStopping ? 'Stopping' : 'Stop'}
    </Button>
  );
};

const useSend = ({ chatId, sendAs, settings, onSent }: ComposerProps, draft: DraftState) => {
  const { outbox } = useHearth();
  return (how: 'now' | 'queue'): void => {
    const text = draft.text.trim();
    if (text === '' && draft.images.length === 0) return;
    const id = newId();
    const message = { id, chat: sendAs ?? chatId, text: text === '' ? 'Look at this.' : text, images: draft.images };
    outbox.send({ ...message, settings }, how);
    draft.clear();
    navigator.vibrate?.(10);
    onSent(id);
  };
};

const pictureFiles = (event: ClipboardEvent): File[] =>
  [...event.clipboardData.files].filter((file) => file.type.startsWith('image/'));

interface BarProps extends ComposerProps {
  isWhole: boolean;
  setWhole: (isWhole: boolean) => void;
  isEmpty: boolean;
  attach: Attach;
  go: (how: 'now' | 'queue') => void;
}

const Bar = ({ isBusy, mode, onMode, onStop, isWhole, setWhole, isEmpty, attach, go }: BarProps) => {
  const onFiles = (files: File[]): void => void attach.add(files);
  return (
    <div className="flex items-center gap-0.5 p-1">
      <FileButton label="Add pictures" onFiles={onFiles}>
        <icons.attach />
      </FileButton>
      <FileButton label="Take a picture" camera={true} onFiles={onFiles}>
        <icons.camera />
      </FileButton>
      <button
        type="button"
        onClick={onMode}
        aria-label={`Mode: ${modeNames[mode]}`}
        className="tap flex min-w-0 items-center gap-1.5 rounded-button px-2 text-label text-ink-2 hover:text-ink"
      >
        <icons.mode size={18} className="shrink-0" />
        <span className={clsx('truncate', mode === 'bypassPermissions' && 'font-semibold text-danger')}>
          {modeNames[mode]}
        </span>
      </button>
      <span className="flex-1" />
      <IconButton label={isWhole ? 'Smaller' : 'Write on the whole screen'} onClick={() => setWhole(!isWhole)}>
        {isWhole ? <icons.collapse size={18} /> : <icons.expand size={18} />}
      </IconButton>
      {isBusy ? <StopButton onStop={onStop} /> : null}
      {isBusy && !isEmpty ? (
        <Button tone="quiet" className="!px-2" disabled={attach.isBusy} onClick={() => go('queue')}>
          Queue
        </Button>
      ) : null}
      {isBusy && isEmpty ? null : (
        <IconButton
          label={isBusy ? 'Send now, into the running answer' : 'Send'}
          disabled={isEmpty || attach.isBusy}
          onClick={() => go('now')}
          className="!rounded-full bg-accent !text-on-accent disabled:bg-sunk disabled:!text-ink-3"
        >
          <icons.send size={22} />
        </IconButton>
      )}
    </div>
  );
};

/** Escape closes the writing on the whole screen, and nothing else. */
const useEscape = (isActive: boolean, onEscape: () => void): void => {
  const latest = useRef(onEscape);
  latest.current = onEscape;
  useEffect(() => {
    if (!isActive) return;
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key === 'Escape') latest.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [isActive]);
};

export const Composer = (props: ComposerProps) => {
  const { chatId, placeholder } = props;
  const draft = useDraft(chatId);
  const [isWhole, setWhole] = useState(false);
  const area = useGrowing(draft.text, isWhole);
  const attach = useAttach(draft.images, (images) => draft.set({ text: draft.text, images }));
  const send = useSend(props, draft);
  const isEmpty = draft.text.trim() === '' && draft.images.length === 0;
  const go = (how: 'now' | 'queue'): void => {
    send(how);
    setWhole(false);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (isTouch() || isWhole) return;
    event.preventDefault();
    go('now');
  };
  useEscape(isWhole, () => setWhole(false));
  return (
    <div className={clsx('composer', isWhole && 'composer-whole')}>
      <div className="composer-box mx-auto flex w-full max-w-[688px] flex-col rounded-sheet border border-line-strong bg-surface">
        <Thumbnails draft={draft} />
        {attach.problem ? (
          <p role="alert" className="px-4 pt-2 text-label text-danger">
            {attach.problem}
          </p>
        ) : null}
        <textarea
          ref={area}
          rows={1}
          value={draft.text}
          aria-label="Message"
          placeholder={placeholder}
          maxLength={100_000}
          enterKeyHint={isWhole ? 'enter' : undefined}
          onChange={(event) => draft.set({ text: event.target.value, images: draft.images })}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const files = pictureFiles(event);
            if (files.length === 0) return;
            event.preventDefault();
            void attach.add(files);
          }}
          className="composer-area w-full resize-none bg-transparent px-4 pt-3 outline-none"
        />
        <Bar {...props} {...{ isWhole, setWhole, isEmpty }} attach={attach} go={go} />
      </div>
    </div>
  );
};

'use client';
/** What can be done with a chat from the list. Deleting waits until it is too late to undo. */
import type { Session } from '@hearth/contract';
import { type FormEvent, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { icons } from '../../ui/icons.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { showToast } from '../../ui/toast.tsx';

interface ChatDeedsProps {
  session: Session;
  offline: boolean;
  onHide: (id: string, isHidden: boolean) => void;
  onClose: () => void;
}

const rowClass =
  '!justify-start !rounded-none !border-x-0 !border-t-0 !border-b !border-line !bg-transparent !px-0 min-h-14';

const Rename = ({ session, onDone }: { session: Session; onDone: () => void }) => {
  const { client } = useHearth();
  const [title, setTitle] = useState(session.title ?? '');
  const { isBusy, problem, run } = useDeed();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await client.sessions.update(session.id, { title: title.trim() });
      onDone();
    });
  };
  return (
    <form onSubmit={submit} className="flex items-start gap-2 pb-3">
      <Field
        label="Title"
        value={title}
        error={problem}
        onChange={(event) => setTitle(event.target.value)}
        className="flex-1"
      />
      <Button type="submit" tone="primary" busy={isBusy} disabled={title.trim() === ''} className="mt-6">
        Rename
      </Button>
    </form>
  );
};

export const ChatDeeds = ({ session, offline, onHide, onClose }: ChatDeedsProps) => {
  const { client } = useHearth();
  const update = async (change: { pinned?: boolean; archived?: boolean }, done: string): Promise<void> => {
    onClose();
    try {
      await client.sessions.update(session.id, change);
      const back = Object.fromEntries(Object.entries(change).map(([name, value]) => [name, !value]));
      showToast({ text: done, undo: () => void client.sessions.update(session.id, back).catch(() => {}) });
    } catch (error) {
      showToast({ text: `Not changed: ${problemOf(error)}` });
    }
  };
  const remove = (): void => {
    onClose();
    onHide(session.id, true);
    showToast({
      text: 'Chat deleted',
      undo: () => onHide(session.id, false),
      commit: () => {
        client.sessions.remove(session.id).catch((error: unknown) => {
          onHide(session.id, false);
          showToast({ text: `Not deleted: ${problemOf(error)}` });
        });
      },
    });
  };
  return (
    <Sheet open={true} onClose={onClose} title={session.title ?? 'New chat'}>
      {offline ? <p className="pb-3 text-label text-ink-2">Changing chats needs a connection.</p> : null}
      <Rename session={session} onDone={onClose} />
      <div className="flex flex-col">
        <Button
          disabled={offline}
          className={rowClass}
          icon={<icons.pin />}
          onClick={() => void update({ pinned: !session.pinned }, session.pinned ? 'Unpinned' : 'Pinned')}
        >
          {session.pinned ? 'Unpin' : 'Pin to the top'}
        </Button>
        <Button
          disabled={offline}
          className={rowClass}
          icon={<icons.folder />}
          onClick={() =>
            void update({ archived: !session.archived }, session.archived ? 'Back among the chats' : 'Archived')
          }
        >
          {session.archived ? 'Take out of the archive' : 'Archive'}
        </Button>
        <Button disabled={offline} className={`${rowClass} !text-danger`} icon={<icons.remove />} onClick={remove}>
          Delete
        </Button>
      </div>
    </Sheet>
  );
};

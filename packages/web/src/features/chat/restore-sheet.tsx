'use client';
import { useDeed } from '../../lib/use-deed.ts';
import { navigate } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { showToast } from '../../ui/toast.tsx';

interface RestoreSheetProps {
  chatId: string;
  target: { message_id: string } | { checkpoint_id: string };
  onClose: () => void;
}

/** Going back never deletes: what is left behind stays as an archived chat. */
export const RestoreSheet = ({ chatId, target, onClose }: RestoreSheetProps) => {
  const { client, store } = useHearth();
  const { isBusy, problem, run } = useDeed();
  const withFiles = 'checkpoint_id' in target;
  const restore = async (): Promise<void> => {
    const done = await client.sessions.rewind(chatId, withFiles ? { ...target, conversation: true } : target);
    await store.reloadChat(chatId);
    onClose();
    const archived = done.archived_session_id;
    const failed = done.failed.length > 0 ? ` ${done.failed.length} files could not be restored.` : '';
    showToast({
      text: `Back to before. The newer turns are archived.${failed}`,
      ...(archived ? { undo: () => navigate(`/c/${archived}`), undoLabel: 'Open them' } : {}),
    });
  };
  return (
    <Sheet open={true} onClose={onClose} title="Go back">
      <div className="flex flex-col gap-4">
        <p className="measure text-list">
          {withFiles
            ? 'The files become what they were, and this chat continues from just before that message.'
            : 'This chat continues from just before that message. Files stay as they are now.'}{' '}
          Everything newer is kept as an archived chat that you can open and continue.
        </p>
        {problem ? (
          <p role="alert" className="text-label text-danger">
            {problem}
          </p>
        ) : null}
        <Button tone="primary" busy={isBusy} onClick={() => void run(restore)}>
          Go back
        </Button>
      </div>
    </Sheet>
  );
};

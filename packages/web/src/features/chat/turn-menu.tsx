'use client';
import { copyText } from '../../lib/copy-text.ts';
import { Button } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { useChat } from './chat-context.ts';
import { dayAndTime } from './model/time.ts';

interface TurnMenuProps {
  messageId: string;
  text: string;
  sentAt: string;
  onClose: () => void;
}

const rowClass =
  '!justify-start border-x-0 border-t-0 border-b !rounded-none !border-line !bg-transparent !px-0 min-h-14';

/** What can be done with one's own message. */
export const TurnMenu = ({ messageId, text, sentAt, onClose }: TurnMenuProps) => {
  const { say, fork, restore } = useChat();
  const then = (work: () => void) => (): void => {
    onClose();
    work();
  };
  return (
    <Sheet open={true} onClose={onClose} title="This message" description={dayAndTime(sentAt)}>
      <div className="flex flex-col">
        <Button className={rowClass} icon={<icons.copy />} onClick={then(() => void copyText(text))}>
          Copy the text
        </Button>
        <Button className={rowClass} icon={<icons.retry />} onClick={then(() => say(text))}>
          Send it again
        </Button>
        <Button className={rowClass} icon={<icons.edit />} onClick={then(() => fork(messageId, 'edit'))}>
          Edit and resend in a new chat
        </Button>
        <Button className={rowClass} icon={<icons.fork />} onClick={then(() => fork(messageId, 'after'))}>
          Fork from here
        </Button>
        <Button className={rowClass} icon={<icons.history />} onClick={then(() => restore(messageId))}>
          Go back to before this
        </Button>
      </div>
    </Sheet>
  );
};

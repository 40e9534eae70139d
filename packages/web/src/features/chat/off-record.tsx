'use client';
/** Off the record: of a chat that exists, and of one that its first message will make. */
import { useHearth } from '../../shell/session.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { SwitchRow } from '../../ui/switch.tsx';

interface OffRecordProps {
  isOff: boolean;
  hint: string;
  onOff: (isOff: boolean) => void;
}

export const OffRecordSwitch = ({ isOff, hint, onOff }: OffRecordProps) => {
  const isByKey = useHearth().identity?.off_record === true;
  return (
    <SwitchRow
      label="Off the record"
      hint={isByKey ? 'The key of this device is off the record, and so is all that is said with it.' : hint}
      checked={isOff || isByKey}
      disabled={isByKey}
      onChange={onOff}
    />
  );
};

export const NewChatSheet = ({ isOff, onOff, onClose }: Omit<OffRecordProps, 'hint'> & { onClose: () => void }) => (
  <Sheet open={true} onClose={onClose} title="About this chat">
    <OffRecordSwitch
      isOff={isOff}
      hint="Nothing from this chat is remembered, and nothing is recalled."
      onOff={onOff}
    />
  </Sheet>
);

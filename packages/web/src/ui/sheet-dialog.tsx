'use client';
/** A bottom sheet on phones, a dialog on wider screens. Focus is trapped and goes back to where it came from. */
import { Dialog } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './button.tsx';
import { icons } from './icons.tsx';

export interface SheetProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** For assistive tech, when the title alone does not say what this is for. */
  description?: string;
  children: ReactNode;
}

export const SheetDialog = ({ open, onClose, title, description, children }: SheetProps) => {
  const opener = useRef<Element | null>(null);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="sheet-scrim fixed inset-0 z-40 bg-(--scrim)" />
        <Dialog.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          // The sheet itself, not its first button: nothing is pressed by a stray Return.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            opener.current = document.activeElement;
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus();
          }}
          className="sheet fixed z-50 flex flex-col bg-surface shadow-(--shadow) outline-none"
        >
          <div className="flex items-center gap-2 border-b border-line py-1 pr-1 pl-4">
            <Dialog.Title className="min-w-0 flex-1 truncate text-title font-semibold">{title}</Dialog.Title>
            <Dialog.Close asChild={true}>
              <IconButton label="Close">
                <icons.close />
              </IconButton>
            </Dialog.Close>
          </div>
          {description ? (
            <Dialog.Description className="px-4 pt-3 text-label text-ink-2">{description}</Dialog.Description>
          ) : null}
          <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain p-4 pb-[calc(16px+var(--safe-bottom))]">
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
};

'use client';
import { Empty } from '../ui/notice.tsx';
import { ButtonLink } from './link.tsx';
import { Screen } from './screen.tsx';

export const MissingScreen = () => (
  <Screen title="Not found">
    <Empty title="There is nothing here" action={<ButtonLink href="/">Go to your chats</ButtonLink>}>
      The address may be mistyped, or what it named has been deleted.
    </Empty>
  </Screen>
);

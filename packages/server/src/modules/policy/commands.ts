/**
 * A look at shell commands: which are plainly harmless, and how loudly to warn about the others. This is advice for the
 * question a person is asked; it never allows anything but the short list of commands that only look.
 */
import type { Risk } from '@hearth/contract';

/** Commands that only print, with no argument that could make them do more. */
const onlyLooks: Record<string, RegExp> = {
  pwd: /^$/,
  whoami: /^$/,
  id: /^$/,
  uptime: /^(-p|-s)?$/,
  nproc: /^$/,
  hostname: /^$/,
  date: /^$/,
  uname: /^(-[asnrvmpio]+)?$/,
  df: /^(-[hHTikP]+)?$/,
  free: /^(-[bkmgh]+)?$/,
  ls: /^(-[alhrtRSF1]+)?$/,
};

export const onlyLooksAround = (command: string): boolean => {
  const match = /^ *([a-z]+)(?: +([A-Za-z0-9 _-]*?))? *$/.exec(command);
  const args = match?.[1] === undefined ? undefined : onlyLooks[match[1]];
  return args?.test(match?.[2] ?? '') ?? false;
};

const destructive =
  /\b(rm|rmdir|shred|dd|mkfs\S*|fdisk|wipefs|truncate|shutdown|reboot|halt|poweroff|kill|pkill|killall|userdel|chmod|chown|iptables|nft|zfs\s+destroy|zpool\s+destroy|docker\s+(rm|rmi|kill|stop|system|volume)|git\s+(push|reset|clean)|systemctl\s+(stop|disable|mask)|crontab)\b/;
const elevated =
  /\b(sudo|doas|su|pkexec|ssh|scp|nc|ncat|socat|eval|base64)\b|\b(curl|wget)\b[^|]*\|\s*(ba|z|da)?sh\b|\/dev\/(sd|nvme|tcp)/;

export const riskOfCommand = (command: string): { risk: Risk; reason: string } => {
  if (elevated.test(command))
    return { risk: 'high', reason: 'reaches another account, another machine or runs fetched code' };
  if (destructive.test(command)) return { risk: 'high', reason: 'can delete, stop or overwrite something' };
  return { risk: 'medium', reason: 'runs a command on the server' };
};

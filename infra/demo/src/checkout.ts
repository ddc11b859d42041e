import { join } from 'node:path';

export const checkout = join(import.meta.dirname, '../../..');

export function inCheckout(...parts: string[]): string {
  return join(checkout, ...parts);
}

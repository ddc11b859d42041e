import { offsetFetchV9 } from '@platformatic/kafka';
import { wireRequest } from './define.ts';

/** OffsetFetch v9: (groups with member id and epoch, require_stable): KIP-447 and KIP-848. */
export const offsetFetchRequest = wireRequest(9, 9, offsetFetchV9);

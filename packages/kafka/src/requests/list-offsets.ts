import { listOffsetsV9 } from '@platformatic/kafka';
import { wireRequest } from './define.ts';

/** ListOffsets v9: (replica id -1, isolation level, topics by name). Timestamp -1 is the end, -2 the start. */
export const listOffsetsRequest = wireRequest(2, 9, listOffsetsV9);

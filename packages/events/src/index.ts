export { rawHeaders, rejectedHeaders, formatHints, type FormatHint } from './raw-headers.ts';
export {
  timeQualities,
  type Client,
  type Event,
  type Geo,
  type Location,
  type Net,
  type Origin,
  type PropertyValue,
  type Screen,
  type TimeQuality,
} from './event.ts';
export { reasons, stages, refuse, type Reason, type Refusal, type Stage } from './reasons.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { defaultRules, type Rules } from './rules.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
export type {
  FormatNumber,
  Place,
  RawEvent,
  RefusedItem,
  RequestContext,
  RequestItem,
  SplitFunction,
  SplitRequest,
} from './request.ts';
export type { ClientName, Envelope, Format } from './format.ts';
export type { Fix, FixContext, FixExamples, FixOutcome } from './fix.ts';
export { composeUpgrades, currentFormat, type Upgrade } from './upgrade.ts';
export { CatalogueError, type Catalogue } from './catalogue.ts';
export { builtInCatalogue } from './built-in-catalogue.ts';
export {
  createPipeline,
  type CleanOutcome,
  type Outcome,
  type Pipeline,
  type PipelineOptions,
  type StoppedOutcome,
} from './pipeline.ts';
export { bytesOfItem } from './item-bytes.ts';
export { anonymiseIp, ipPrivacies, type IpPrivacy } from './anonymise-ip.ts';
export { contentHash, contentHashBytes, dedupKey, dedupKeyBytes } from './dedup.ts';
export { decodeEvent, encodeEvent, eventIdPosition } from './avro/encode-event.ts';
export { seededRandom, sampleUuid, type Random } from './samples/random.ts';
export { sampleEvent, type SampleEventOptions } from './samples/sample-event.ts';
export { sampleBody, type SampleBody } from './samples/sample-body.ts';
export { sampleRequests } from './samples/sample-requests.ts';
export type { SampleOutcome, SampleRequest } from './samples/sample-request.ts';
export { formatUuid, parseUuid } from './event-id.ts';
export { parseTime } from './parse-time.ts';

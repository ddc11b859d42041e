export {
  formatHints,
  ownFormats,
  rawHeaders,
  readFormatHint,
  rejectedHeaders,
  type FormatHint,
} from './model/raw-headers.ts';
export {
  type Client,
  type Event,
  type Geo,
  type Location,
  type Net,
  type Origin,
  type PropertyValue,
  type Screen,
  type TimeQuality,
} from './model/event.ts';
export { reasons, refuse, type Reason, type Refusal, type Stage } from './model/reasons.ts';
export { type Limits } from './catalogue/limits.ts';
export { type Rules } from './catalogue/rules.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './model/json.ts';
export type {
  EncodedItem,
  FastRead,
  FastRecord,
  FastWay,
  BuiltInFormat,
  FormatNumber,
  RawEvent,
  RefusedItem,
  RequestContext,
  RefusedRequest,
  RequestItem,
  Span,
  SplitFunction,
  SplitRequest,
  SplitStep,
  SplitSteps,
  Working,
} from './model/request.ts';
export type { ClientName, Envelope, Format } from './catalogue/format.ts';
export type { Fix, FixContext, FixExamples, FixOutcome } from './catalogue/fix.ts';
export { type Upgrade } from './catalogue/upgrade.ts';
export type { AddedByFilter } from './fast/request-bytes.ts';
export { CatalogueError } from './catalogue/catalogue-error.ts';
export type { Catalogue } from './catalogue/catalogue.ts';
export { builtInCatalogue } from './built-in-catalogue.ts';
export { catalogueTools, madeBy, type CatalogueTools } from './catalogue-tools.ts';
export {
  checkCatalogue,
  pipelineOf,
  type CatalogueReport,
  type CatalogueSummary,
} from './check/check-catalogue.ts';
export type { ReleasedSchema } from './check/check-schema.ts';
export { Problems, type CatalogueProblem } from './check/problem.ts';
export {
  createPipeline,
  type CleanOutcome,
  type Outcome,
  type Pipeline,
  type PipelineOptions,
  type StoppedOutcome,
} from './pipeline/pipeline.ts';
export { bytesOfItem } from './split/item-bytes.ts';
export { formatAddress } from './address/format-address.ts';
export { parseAddress } from './address/parse-address.ts';
export { anonymiseIp, ipPrivacies, type IpPrivacy } from './address/anonymise-ip.ts';
export { dedupKey } from './avro/dedup.ts';
export { contentHash } from './avro/content-hash.ts';
export {
  decodeEvent,
  encodeEvent,
  EventDecodeError,
  eventIdPosition,
  eventTypeOf,
} from './avro/encode-event.ts';
export { createEventDecoder, decodeBuiltInFields, type DecodedEvent } from './avro/decode-own-event.ts';
export { type EventEncoder, type OwnValue, type OwnValues } from './avro/own-fields.ts';
export { type OwnFieldSchema, type OwnFieldType } from './avro/own-schema.ts';
export { schemaFingerprint } from './avro/fingerprint.ts';
export type { AvroField, AvroRecord, AvroSchema } from './avro/schema.ts';
export type { OwnField } from './catalogue/own-field.ts';
export { seededRandom, sampleUuid, type Random } from './samples/random.ts';
export { sampleEvent, type SampleEventOptions } from './samples/sample-event.ts';
export { sampleBody, type SampleBody } from './samples/sample-body.ts';
export { sampleAvroBody } from './samples/sample-avro-body.ts';
export { sampleRequests } from './samples/sample-requests.ts';
export type { SampleOutcome, SampleRequest } from './samples/sample-request.ts';
export { formatUuid, parseUuid } from './model/event-id.ts';
export { parseTime } from './normalise/parse-time.ts';
export { valueAt, withProperties, withValueAt, type Path } from './fixes/event-paths.ts';
export { examplesIn, type Stories, type Story } from './fixes/example-events.ts';
export { pathsOf, type FieldName, type FieldPaths } from './fixes/field-paths.ts';

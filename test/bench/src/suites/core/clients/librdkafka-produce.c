/*
 * What a record costs with librdkafka and nothing around it: `librdkafka-produce TOPIC PARTITIONS RECORDS VALUE_BYTES NAME=VALUE...`
 * The same value each time, copied by the library, a delivery report for each. Its declarations are here, since the headers are not
 * in the package that brings the library.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
/* The first field of rd_kafka_message_t. */
typedef struct { int err; } delivery_t;

rd_kafka_conf_t *rd_kafka_conf_new(void);
int rd_kafka_conf_set(rd_kafka_conf_t *, const char *name, const char *value, char *problem, size_t);
void rd_kafka_conf_set_dr_msg_cb(rd_kafka_conf_t *, void (*)(rd_kafka_t *, const delivery_t *, void *));
rd_kafka_t *rd_kafka_new(int type, rd_kafka_conf_t *, char *problem, size_t);
rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *, const char *topic, void *conf);
int rd_kafka_produce(rd_kafka_topic_t *, int32_t partition, int flags, void *value, size_t, const void *key, size_t, void *);
int rd_kafka_last_error(void);
int rd_kafka_poll(rd_kafka_t *, int timeout_ms);
int rd_kafka_flush(rd_kafka_t *, int timeout_ms);

enum { producer = 0, copy_value = 2, queue_full = -184, records_per_poll = 500 };

static long delivered, failed;

static void on_delivery(rd_kafka_t *client, const delivery_t *delivery, void *opaque) {
  (void)client, (void)opaque;
  if (delivery->err) failed++;
  else delivered++;
}

static int quit(const char *problem) {
  fprintf(stderr, "error: %s\n", problem);
  return 1;
}

int main(int argc, char **argv) {
  char problem[512] = "usage";
  if (argc < 5) return quit(problem);
  int partitions = atoi(argv[2]);
  long records = atol(argv[3]);
  size_t value_bytes = (size_t)atol(argv[4]);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (int i = 5; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) return quit(argv[i]);
    *equals = 0;
    if (rd_kafka_conf_set(conf, argv[i], equals + 1, problem, sizeof problem)) return quit(problem);
  }
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *client = rd_kafka_new(producer, conf, problem, sizeof problem);
  if (!client) return quit(problem);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[1], NULL);
  char *value = malloc(value_bytes);
  if (!topic || !value) return quit("no topic or no memory");
  memset(value, 'p', value_bytes);
  for (long sent = 0; sent < records;) {
    if (rd_kafka_produce(topic, (int32_t)(sent % partitions), copy_value, value, value_bytes, NULL, 0, NULL) == 0) {
      if (++sent % records_per_poll == 0) rd_kafka_poll(client, 0);
    } else if (rd_kafka_last_error() == queue_full) {
      rd_kafka_poll(client, 10);
    } else {
      return quit("produce");
    }
  }
  rd_kafka_flush(client, 60000);
  if (failed || delivered != records) return quit("not everything was delivered");
  return 0;
}

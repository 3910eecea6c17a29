"""A broker that speaks Kafka's protocol over TCP: the mock cluster of librdkafka, not a real Kafka.

Says its port, then takes a command a line: `topic NAME` makes a topic, `rows NAME` prints what stands in it, a message a
line (JSON) and `end` after the last.
"""

import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition

PATIENCE = 60


def rows(port, topic, partitions):
    settings = {"bootstrap.servers": f"127.0.0.1:{port}", "group.id": "test", "enable.auto.commit": False}
    consumer = Consumer(settings)
    for number in partitions:
        partition = TopicPartition(topic, number, 0)
        _, end = consumer.get_watermark_offsets(partition, timeout=PATIENCE)
        consumer.assign([partition])
        count = 0
        while count < end:
            message = consumer.poll(PATIENCE)
            if message is None or message.error():
                raise SystemExit(f"{topic}/{number} can't be read: {message and message.error()}")
            count += 1
            headers = {name: value.decode() for name, value in message.headers() or []}
            value = message.value()
            yield {
                "partition": number,
                "key": message.key().decode(),
                "value": None if value is None else value.decode(),
                "headers": headers,
            }
    consumer.close()


def main():
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1})
    port = next(iter(producer.list_topics(timeout=PATIENCE).brokers.values())).port
    print(port, flush=True)
    for line in sys.stdin:
        command, topic = line.split()
        # Asking for a topic makes it.
        partitions = producer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        if command == "rows":
            for row in rows(port, topic, partitions):
                print(json.dumps(row), flush=True)
        print("end", flush=True)


main()

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;

/**
 * Avro's own library as the judge of our encoder and decoder. Arguments: the folder packages/events/schema,
 * and files of further schemas. Each line of its input is one record in hex, and each has a line of JSON as
 * its answer:
 *
 * <ul>
 *   <li>`page`: what the example of the page for consumers read.
 *   <li>`read`: what the library read by the schema of the record's fingerprint.
 *   <li>`written`: that record as the library writes it, in hex: with collections as one block, with
 *       collections in sized blocks, and by resolution in every schema given, in order.
 * </ul>
 */
public final class AvroJudge {
    public static void main(String[] args) throws Exception {
        EventReader page = new EventReader(new File(args[0]));
        List<Schema> schemas = new ArrayList<>();
        for (File file : new File(args[0], "history").listFiles()) {
            schemas.add(new Schema.Parser().parse(file));
        }
        int released = schemas.size();
        for (int i = 1; i < args.length; i++) schemas.add(new Schema.Parser().parse(new File(args[i])));
        List<BinaryMessageDecoder<GenericRecord>> readers = new ArrayList<>();
        for (Schema reader : schemas) {
            BinaryMessageDecoder<GenericRecord> decoder =
                    new BinaryMessageDecoder<>(GenericData.get(), reader);
            for (Schema writer : schemas) decoder.addSchema(writer);
            readers.add(decoder);
        }
        ObjectMapper json = new ObjectMapper();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            byte[] value = HexFormat.of().parseHex(line);
            int own = indexOfWriter(schemas, value);
            GenericRecord record = readers.get(own).decode(value);
            List<String> written = new ArrayList<>();
            written.add(hex(bytesOf(schemas.get(own), record)));
            written.add(hex(inSizedBlocks(schemas.get(own), record)));
            for (int i = 0; i < schemas.size(); i++) {
                written.add(hex(bytesOf(schemas.get(i), readers.get(i).decode(value))));
            }
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("page", own < released ? plain(page.decode(value)) : null);
            answer.put("read", plain(record));
            answer.put("written", written);
            out.println(json.writeValueAsString(answer));
        }
        out.flush();
    }

    /** By the fingerprints that the library computes, to judge ours too. */
    private static int indexOfWriter(List<Schema> schemas, byte[] value) throws Exception {
        for (int i = 0; i < schemas.size(); i++) {
            byte[] fingerprint = SchemaNormalization.parsingFingerprint("CRC-64-AVRO", schemas.get(i));
            boolean same = value.length > 10 && value[0] == (byte) 0xc3 && value[1] == 1;
            for (int b = 0; b < 8; b++) same = same && fingerprint[b] == value[2 + b];
            if (same) return i;
        }
        throw new IllegalArgumentException("no schema for " + hex(value));
    }

    private static byte[] bytesOf(Schema schema, GenericRecord record) throws Exception {
        ByteBuffer encoded =
                new BinaryMessageEncoder<GenericRecord>(GenericData.get(), schema).encode(record);
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    /** Maps and arrays in blocks of a few bytes, each with a negative count and its size. */
    private static byte[] inSizedBlocks(Schema schema, GenericRecord record) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytesOf(schema, record), 0, 10);
        BinaryEncoder encoder = new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    /** JSON in which no number can lose anything: integers as digits, doubles as their 64 bits. */
    private static Object plain(Object value) {
        if (value instanceof IndexedRecord record) {
            Map<String, Object> fields = new LinkedHashMap<>();
            for (Schema.Field field : record.getSchema().getFields()) {
                fields.put(field.name(), plain(record.get(field.pos())));
            }
            return fields;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new LinkedHashMap<>();
            map.forEach((key, inner) -> entries.put(key.toString(), plain(inner)));
            return entries;
        }
        if (value instanceof List<?> list) return list.stream().map(AvroJudge::plain).toList();
        if (value instanceof GenericFixed fixed) return "fixed " + hex(fixed.bytes());
        if (value instanceof Double number) {
            return "double " + HexFormat.of().toHexDigits(Double.doubleToRawLongBits(number));
        }
        if (value instanceof Integer || value instanceof Long) return "integer " + value;
        if (value == null || value instanceof Boolean) return value;
        return "text " + value;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}

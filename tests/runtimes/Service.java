import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;

/** A service of the JDK's own HTTP server. usage: java Service clean|leak
 *  Each request is answered with JSON, and is forgotten; the leak keeps 1 KiB of each. */
public class Service {
    private static final List<byte[]> kept = Collections.synchronizedList(new ArrayList<>());

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    public static void main(String[] arguments) throws IOException {
        boolean leaks = arguments.length > 0 && arguments[0].equals("leak");
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server =
            HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            StringBuilder rows = new StringBuilder();
            for (int n = 0; n < 50; n++)
                rows.append(n > 0 ? "," : "").append("{\"id\":" + n + ",\"name\":\"row " + n + "\"}");
            if (leaks)
                kept.add(new byte[1024]);
            answer(exchange, "[" + rows + "]");
        });
        server.createContext("/heap", exchange -> {
            Runtime heap = Runtime.getRuntime();
            long used = heap.totalMemory() - heap.freeMemory();
            answer(exchange, "{\"arena_bytes\":" + heap.totalMemory() + ",\"in_use_bytes\":" + used
                             + ",\"free_bytes\":" + heap.freeMemory() + "}");
        });
        server.createContext("/gc", exchange -> {
            System.gc();
            answer(exchange, "{}");
        });
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }
}

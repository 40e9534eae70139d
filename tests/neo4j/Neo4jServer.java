import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** A Neo4j server with a password on a loopback port: folder, port, password. Writes "ready" into the folder when it is. */
public class Neo4jServer {
  public static void main(String[] args) throws Exception {
    var folder = Path.of(args[0]);
    var service = new DatabaseManagementServiceBuilder(folder.resolve("home"))
        .setConfig(BoltConnector.enabled, true)
        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", Integer.parseInt(args[1])))
        .setConfig(GraphDatabaseSettings.auth_enabled, true)
        .setConfig(GraphDatabaseSettings.pagecache_memory, 16L * 1024 * 1024)
        // It tells nobody that it is used.
        .setConfig(GraphDatabaseSettings.udc_enabled, false)
        .build();
    var known = folder.resolve("password-is-set");
    if (Files.notExists(known)) {
      service.database("system").executeTransactionally(
          "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", Map.of("password", args[2]));
      Files.createFile(known);
    }
    Files.createFile(folder.resolve("ready"));
    // It goes with the process that started it, also when that had no time to end it.
    ProcessHandle.current().parent().orElseThrow().onExit().join();
    System.exit(0);
  }
}

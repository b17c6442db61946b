import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;

/** Does what its input says, a line each, and answers each with a line; ends with its input. */
public final class Filler {
  static final List<byte[]> held = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String line; (line = in.readLine()) != null; ) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "hold": // so many MiB more, until told otherwise
          for (int i = Integer.parseInt(words[1]) * 4; i > 0; i--) {
            held.add(new byte[1 << 18]);
          }
          break;
        case "drop":
          held.clear();
          break;
        case "gc":
          System.gc();
          break;
        case "die": // of memory, by small steps, as programs do
          while (true) {
            held.add(new byte[1 << 14]);
          }
        default:
          throw new IllegalArgumentException(line);
      }
      System.out.println("done " + line);
    }
  }
}

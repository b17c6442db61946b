import java.lang.management.ManagementFactory;

/** Many small objects: chains with references across them. Arguments: how many, and the dump. */
public final class Small {
  static final class Node {
    Node next;
    Object other;
    int value;
  }

  static Object kept;

  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(args[0]);
    Node[] heads = new Node[1024];
    Node last = null;
    for (int i = 0; i < count; i++) {
      Node n = new Node();
      n.next = heads[i & 1023];
      n.other = last;
      n.value = i;
      heads[i & 1023] = n;
      if (i % 7 == 0) {
        last = n;
      }
    }
    kept = heads;
    ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
        .dumpHeap(args[1], false);
  }
}

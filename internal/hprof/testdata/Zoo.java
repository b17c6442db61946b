import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * One of each kind of thing a heap can hold, in known numbers. With an argument it
 * writes its own heap there (live objects only); then it waits for its input to end.
 */
public final class Zoo {
  static class Base {
    byte b = 1;
    long l = 2;
    Object ref = "base";
  }

  static class Derived extends Base {
    boolean z = true;
    char c = '\u03c0';
    float f = 1.5f;
    double d = -2.5;
    short s = -3;
    int i = -4;
    Object other;
  }

  static final class Link {
    Link next;
    int value;
  }

  static final class Finalizable {
    byte[] payload = new byte[1000];

    @Override
    protected void finalize() {}
  }

  static final class Held {
    byte[] payload = new byte[500];
  }

  static final class Softly extends SoftReference<Held> {
    Softly() {
      super(new Held());
    }
  }

  static final List<Object> kept = new ArrayList<>();
  static final Map<String, Object> named = new LinkedHashMap<>();
  static long someStatic = 0x1122334455667788L;

  static Link deep(int n) {
    Link head = null;
    for (int i = 0; i < n; i++) {
      Link l = new Link();
      l.next = head;
      l.value = i;
      head = l;
    }
    return head;
  }

  static void fill() {
    for (int i = 0; i < 1000; i++) {
      Derived d = new Derived();
      d.other = new int[i % 17];
      kept.add(d);
    }
    named.put("latin", "caf\u00e9");
    named.put("wide", "\u03b1\u03b2\u03b3 \ud83d\ude00");
    named.put("deep", deep(100_000));
    named.put("longs", new long[] {1, -1, Long.MIN_VALUE});
    named.put("chars", "chars".toCharArray());
    named.put("grid", new Object[][] {{"a", null}, {new double[3]}});
    named.put("bools", new boolean[33]);
    named.put("shorts", new short[5]);
    named.put("floats", new float[7]);
    named.put("soft", new Softly());
    named.put("weak", new WeakReference<>(kept.get(3)));
    named.put("phantom", new PhantomReference<>(new Held(), new ReferenceQueue<>()));
    named.put("finalizable", new Finalizable());
    Map<Integer, String> map = new HashMap<>();
    for (int i = 0; i < 5000; i++) {
      map.put(i, "value " + i);
    }
    named.put("map", map);
  }

  static void waitHere(CountDownLatch ready, Object local) throws InterruptedException {
    ready.countDown();
    synchronized (local) {
      local.wait();
    }
  }

  public static void main(String[] args) throws Exception {
    fill();
    CountDownLatch ready = new CountDownLatch(1);
    Thread keeper = new Thread(() -> {
      try {
        waitHere(ready, new Object[] {"only on a stack"});
      } catch (InterruptedException e) {
        // The end of the test.
      }
    }, "zoo-keeper");
    keeper.setDaemon(true);
    keeper.start();
    ready.await();
    if (args.length > 0) {
      ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class)
          .dumpHeap(args[0], true);
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
  }
}

import java.io.File;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import kotlin.sequences.SequencesKt;
import shark.CloseableHeapGraph;
import shark.HeapAnalysis;
import shark.HeapAnalysisSuccess;
import shark.HeapAnalyzer;
import shark.HeapObject;
import shark.HprofHeapGraph;
import shark.HprofRecordTag;
import shark.Leak;
import shark.MetadataExtractor;

/** What a user of LeakCanary's shark would do to learn what Starlark threads retain. */
final class Retained {
  public static void main(String[] args) throws Exception {
    File dump = new File(args[0]);
    Set<HprofRecordTag> roots = java.util.EnumSet.allOf(HprofRecordTag.class);
    try (CloseableHeapGraph graph = HprofHeapGraph.Companion.openHeapGraph(dump, null, roots)) {
      Set<Long> wanted = new HashSet<>();
      for (var i = graph.getInstances().iterator(); i.hasNext();) {
        HeapObject.HeapInstance o = i.next();
        if (o.getInstanceClassName().equals(args[1])) {
          wanted.add(o.getObjectId());
        }
      }
      HeapAnalysis a = new HeapAnalyzer(step -> { }).analyze(dump, graph, g -> wanted,
          Collections.emptyList(), true, Collections.emptyList(), MetadataExtractor.Companion.getNO_OP());
      if (!(a instanceof HeapAnalysisSuccess s)) {
        throw new IllegalStateException(a.toString());
      }
      for (var i = s.getAllLeaks().iterator(); i.hasNext();) {
        Leak leak = i.next();
        System.out.println(leak.getTotalRetainedHeapByteSize() + " bytes retained by " + leak.getLeakTraces().size() + " x " + leak.getShortDescription());
      }
    }
  }
}

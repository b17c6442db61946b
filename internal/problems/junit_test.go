// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// validate is JAXP's validator: the schema, then documents.
const validate = `
import java.io.File;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.*;

class Validate {
  public static void main(String[] args) throws Exception {
    Schema schema = SchemaFactory.newInstance("http://www.w3.org/2001/XMLSchema").newSchema(new File(args[0]));
    for (int i = 1; i < args.length; i++) {
      try {
        schema.newValidator().validate(new StreamSource(new File(args[i])));
        System.out.print("valid ");
      } catch (org.xml.sax.SAXException e) {
        System.out.print("invalid ");
      }
    }
  }
}`

// TestJUnitByItsSchema holds the report to the schema of Jenkins' xUnit plugin
// (testdata/junit-10.xsd, MIT), with Java's own validator.
func TestJUnitByItsSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ugly := written(t, WriteJUnit, ugly())
	files := map[string][]byte{
		"Validate.java": []byte(validate),
		"ugly.xml":      ugly,
		"empty.xml":     written(t, WriteJUnit, &Set{Tool: Tool{Name: "starlark-memls"}}),
		"broken.xml":    []byte(`<testsuites><testsuite name="x" tests="1" failures="0" errors="0"><testcase title="x"/></testsuite></testsuites>`),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	schema, err := filepath.Abs(filepath.Join("testdata", "junit-10.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(javaOfJDK(t), in("Validate.java"), schema, in("ugly.xml"), in("empty.xml"), in("broken.xml")).CombinedOutput()
	if got, want := string(out), "valid valid invalid "; err != nil || got != want {
		t.Errorf("%q, want %q (%v)\n%s", got, want, err, ugly)
	}
}

// javaOfJDK is a java that compiles what it runs: the one beside javac.
func javaOfJDK(t *testing.T) string {
	t.Helper()
	javac, err := exec.LookPath("javac")
	if err == nil {
		javac, err = filepath.EvalSymlinks(javac)
	}
	if err != nil {
		t.Fatalf("a JDK's javac must be on PATH for this test (make deps): %v", err)
	}
	return filepath.Join(filepath.Dir(javac), "java")
}

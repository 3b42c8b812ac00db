ADD = """
with Ada.Integer_Text_IO; use Ada.Integer_Text_IO;
procedure Sum is
   A, B : Integer;
begin
   Get (A);
   Get (B);
   Put (A + B, Width => 0);
end Sum;
"""
BROKEN = (
    'procedure A is\n   S : String := "é😀"; I : Integer := Missing;\nbegin\n   null;\nend A;\n',
    "name-error",
    "Missing",
)
CRASH = (
    "procedure A is\n   V : array (1 .. 3) of Integer := (1, 2, 3);\n   I : Integer := 3;\nbegin\n"
    '   declare S : String := "é😀"; begin I := I + S\'Length; end;\n   V (I) := 1;\nend A;\n',
    "CONSTRAINT_ERROR",
    "V (I) := 1;",
)
HANG = "procedure A is\nbegin\n   loop null; end loop;\nend A;\n"
HEAD = """pragma Ada_2022;

package Placeholder is
   function F (X : Integer) return Integer;

end Placeholder;

pragma Ada_2022;
{with_}
package body Placeholder is
   function F (X : Integer) return Integer
"""
FUNCTION = HEAD.replace("{with_}", "") + "   is\n   begin\n      return X + 1;\n"
WRONG = FUNCTION.replace("X + 1", "2")
RAISES = (FUNCTION.replace("X + 1", "X / (X - X)"), "CONSTRAINT_ERROR", "return X / (X - X);")
LEAVES = (
    HEAD.replace("{with_}", "with GNAT.OS_Lib;") + "   is\n   begin\n      GNAT.OS_Lib.OS_Exit (0);\n      return 2;\n"
)
NOISY = (
    HEAD.replace("{with_}", "with Ada.Text_IO; use Ada.Text_IO;")
    + """   is
   begin
      Put_Line (Standard_Error, "ERROR SyntaxError AssertionError FAIL");
      for I in 1 .. 25_000 loop Put_Line ("123456789"); end loop;
      return X + 1;
"""
)
TESTS = """
   end F;

end Placeholder;

pragma Ada_2022;
with Placeholder; use Placeholder;

procedure Main is


   function Candidate (X : Integer) return Integer renames Placeholder.F;

begin
   pragma Assert (Candidate (1) = 2);
   pragma Assert (Candidate (2) = 3);
end Main;
"""

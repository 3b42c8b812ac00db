with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
   type Vector is array (Positive range <>) of Integer;

   function Sum_Of_Squares (Values : Vector) return Integer is
      Total : Integer := 0;
   begin
      for Index in Values'Range loop
         Total := Total + Values (Index) ** 2;
      end loop;
      return Total;
   end Sum_Of_Squares;

   Data : constant Vector := (1, 2, 3, 4);
begin
   if Sum_Of_Squares (Data) /= 30 then
      Put_Line ("wrong: " & Integer'Image (Sum_Of_Squares (Data)));
   else
      Put_Line ("right");
   end if;
end Main;
-- ====
with Ada.Text_IO;
with Ada.Strings.Unbounded; use Ada.Strings.Unbounded;

procedure Main is
   function Reverse_Words (Text : String) return String is
      Result : Unbounded_String := To_Unbounded_String ("");
      Last   : Natural := Text'Last;
   begin
      for I in reverse Text'Range loop
         if Text (I) = ' ' then
            Append (Result, Text (I + 1 .. Last) & " ");
            Last := I - 1;
         end if;
      end loop;
      Append (Result, Text (Text'First .. Last));
      return To_String (Result);
   end Reverse_Words;
begin
   pragma Assert (Reverse_Words ("a bc d") = "d bc a");
   Ada.Text_IO.Put_Line (Reverse_Words ("one two three"));
end Main;
-- ====
with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
   type Shape_Kind is (Circle, Square, Triangle);

   type Shape (Kind : Shape_Kind := Circle) is record
      Name : String (1 .. 4) := "none";
      case Kind is
         when Circle =>
            Radius : Float;
         when Square | Triangle =>
            Side : Float;
      end case;
   end record;

   function Area (S : Shape) return Float is
   begin
      case S.Kind is
         when Circle =>
            return 3.14159 * S.Radius ** 2;
         when Square =>
            return S.Side * S.Side;
         when Triangle =>
            return 0.433 * S.Side ** 2;
      end case;
   end Area;

   One : constant Shape := (Kind => Square, Name => "test", Side => 2.0);
begin
   Put_Line (Float'Image (Area (One)));
end Main;
-- ====
with Ada.Containers.Vectors;
with Ada.Text_IO;

procedure Main is
   package Integer_Vectors is new Ada.Containers.Vectors (Index_Type => Natural, Element_Type => Integer);
   use Integer_Vectors;

   function Primes (Limit : Positive) return Vector is
      Found : Vector;
      Prime : Boolean;
   begin
      for Candidate in 2 .. Limit loop
         Prime := True;
         for Known of Found loop
            exit when Known * Known > Candidate;
            if Candidate mod Known = 0 then
               Prime := False;
               exit;
            end if;
         end loop;
         if Prime and then Candidate > 1 then
            Found.Append (Candidate);
         end if;
      end loop;
      return Found;
   end Primes;
begin
   for P of Primes (30) loop
      Ada.Text_IO.Put (Integer'Image (P));
   end loop;
   Ada.Text_IO.New_Line;
end Main;
-- ====
procedure Main is
   Stack_Empty : exception;

   Depth  : Natural := 0;
   Values : array (1 .. 10) of Integer := (others => 0);

   procedure Push (Value : in Integer) is
   begin
      Depth := Depth + 1;
      Values (Depth) := Value;
   end Push;

   function Pop return Integer is
   begin
      if Depth = 0 then
         raise Stack_Empty with "nothing to pop";
      end if;
      Depth := Depth - 1;
      return Values (Depth + 1);
   exception
      when Constraint_Error =>
         return -1;
   end Pop;

   Got : Integer;
begin
   Push (3);
   Push (4);
   while Depth > 0 loop
      Got := Pop;
   end loop;
   pragma Assert (Got = 3);
end Main;

let rec is_prime ?(divisor = 2) n =
  if n < 2 then false
  else if divisor * divisor > n then true
  else if n mod divisor = 0 then false
  else is_prime ~divisor:(divisor + 1) n

let primes_below limit =
  let rec collect n found =
    if n >= limit then List.rev found
    else collect (n + 1) (if is_prime n then n :: found else found)
  in
  collect 2 []

let () =
  List.iter (fun p -> Printf.printf "%d " p) (primes_below 30);
  print_newline ()
(* ==== *)
type shape =
  | Circle of float
  | Square of { side : float }
  | Polygon of (float * float) list

let area = function
  | Circle radius -> 3.14159 *. radius ** 2.
  | Square { side } -> side *. side
  | Polygon _ -> 0.

let largest shapes =
  match shapes with
  | [] -> None
  | first :: rest ->
      Some (List.fold_left (fun best s -> if area s > area best then s else best) first rest)

let () =
  match largest [ Circle 1.5; Square { side = 2. } ] with
  | Some s -> Printf.printf "%.2f\n" (area s)
  | None -> print_endline "none"
(* ==== *)
module Counts = Map.Make (String)

let word_counts text =
  let add counts word =
    let so_far = try Counts.find word counts with Not_found -> 0 in
    Counts.add word (so_far + 1) counts
  in
  String.split_on_char ' ' text
  |> List.filter (fun word -> word <> "")
  |> List.fold_left add Counts.empty

let () =
  Counts.iter
    (fun word count -> print_endline (word ^ ": " ^ string_of_int count))
    (word_counts "a b a c b a")
(* ==== *)
let rec merge left right =
  match (left, right) with
  | [], rest | rest, [] -> rest
  | l :: ls, r :: rs ->
      if l <= r then l :: merge ls right
      else r :: merge left rs

let rec split values =
  match values with
  | [] -> ([], [])
  | [ x ] -> ([ x ], [])
  | x :: y :: rest ->
      let xs, ys = split rest in
      (x :: xs, y :: ys)

let rec merge_sort values =
  match values with
  | [] | [ _ ] -> values
  | _ ->
      let left, right = split values in
      merge (merge_sort left) (merge_sort right)

let () = assert (merge_sort [ 3; 1; 2 ] = [ 1; 2; 3 ])
(* ==== *)
exception Too_little of int

type account = { owner : string; mutable balance : int; log : int array }

let withdraw account amount =
  if amount > account.balance then raise (Too_little account.balance);
  account.balance <- account.balance - amount;
  account.log.(0) <- amount

let () =
  let account = { owner = "Zoe"; balance = 100; log = [| 0; 0 |] } in
  begin
    try
      for i = 1 to 5 do
        withdraw account (i * 20)
      done
    with Too_little left -> Printf.printf "%s has %d\n" account.owner left
  end;
  let i = ref 0 in
  while !i < 3 do
    incr i
  done
